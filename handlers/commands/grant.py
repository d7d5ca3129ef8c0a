"""`/grant`: give a person a role, over what the configuration says; taking one away belongs to `/revoke`."""

from core.domain.people import Grant, Person, Role
from core.domain.replies import Field, Reply, Tone
from handlers import texts
from handlers.arguments import choose
from handlers.invocation import Answer, Command, Preview, Request, UsageError
from handlers.listed_people import read_person

ROLES = ("viewer", "operator", "admin")


async def preview(request: Request) -> Preview | Answer:
    """Return whose role would change, from which to which."""
    person, role = _wanted(request)
    current = request.services.rights.role_of(person)
    if current is role:
        line = f"{person.signature} is {role.name.lower()} already."
        return Answer(reply=Reply(tone=Tone.NOTICE, lines=(line,)))
    fields = (
        Field(name="Person", value=person.signature),
        Field(name="Now", value=_title(current)),
        Field(name="Then", value=_title(role)),
    )
    line = "A chat with a ceiling still lets nobody do more there."
    reply = Reply(title=f"Make {person.signature} {_title(role)}?", tone=Tone.WARNING, lines=(line,), fields=fields)
    words = f"/grant {person.platform}:{person.id} {role.name.lower()}"
    return Preview(reply=reply, words=words, state=current.name)


async def run(request: Request) -> Answer:
    """Store the role, let it be in force, and answer with it."""
    services = request.services
    person, role = _wanted(request)
    before = services.rights.role_of(person)
    grant = Grant(
        platform=person.platform,
        person_id=person.id,
        role=role,
        author=request.invocation.person.signature,
        at=services.clock.now(),
    )
    async with services.units.writing() as unit:
        await unit.grants.add(grant)
    services.rights.apply(grant)
    after = services.rights.role_of(person)
    line = f"{person.signature} is {_title(after)} from now on."
    return Answer(
        reply=Reply(tone=Tone.GOOD, lines=(line,)),
        before=f"{person.signature} {_title(before)}",
        after=f"{person.signature} {_title(after)}",
    )


def _wanted(request: Request) -> tuple[Person, Role]:
    """Return whom to give which role; nobody changes their own."""
    if len(request.arguments) != 2:
        raise UsageError("Name one person by id, and a role.")
    platform, number = read_person(request.arguments[0])
    word = request.arguments[1].lower()
    if word in {"nobody", "none"}:
        raise UsageError(f"To take a role away, use /revoke {platform}:{number}.")
    role = Role.named(choose(word, ROLES))
    asker = request.invocation.person
    if (platform, number) == (asker.platform, asker.id):
        raise UsageError(f"You cannot change your own role; another admin can ({texts.listing(ROLES)}).")
    return Person(platform=platform, id=number), role


def _title(role: Role) -> str:
    return "not on the list" if role is Role.NOBODY else role.name.lower()


COMMAND = Command(
    name="grant",
    summary="Give a person a role",
    run=run,
    preview=preview,
    raises_risk=True,
    role=Role.ADMIN,
    usage="<id> <viewer|operator|admin>",
    examples=("/grant telegram:1003 viewer", "/grant U0003 operator"),
    section="change",
)
