"""`/revoke`: take a person's role away, whoever gave it; giving one belongs to `/grant`."""

from core.domain.people import Grant, Person, Role
from core.domain.replies import Field, Reply, Tone
from handlers.invocation import Answer, Command, Preview, Request, UsageError
from handlers.listed_people import read_person
from handlers.pickers import word_picker


async def preview(request: Request) -> Preview | Answer:
    """Return who would lose which role; without a name, ask whose."""
    rights = request.services.rights
    if not request.arguments:
        return _choice(request)
    person = _wanted(request)
    current = rights.role_of(person)
    if current is Role.NOBODY:
        return Answer(reply=Reply(tone=Tone.NOTICE, lines=(f"{person.signature} is not on the list.",)))
    fields = (Field(name="Person", value=person.signature), Field(name="Now", value=current.name.lower()))
    line = "They will hear nothing but one refusal an hour. Alerts that go to them by a route still do."
    reply = Reply(title=f"Take the role of {person.signature}?", tone=Tone.WARNING, lines=(line,), fields=fields)
    return Preview(reply=reply, words=f"/revoke {person.signature}", state=current.name)


async def run(request: Request) -> Answer:
    """Store that the person has no role, let it be in force, and answer with it."""
    services = request.services
    person = _wanted(request)
    before = services.rights.role_of(person)
    grant = Grant(
        platform=person.platform,
        person_id=person.id,
        role=Role.NOBODY,
        author=request.invocation.person.signature,
        at=services.clock.now(),
    )
    async with services.units.writing() as unit:
        await unit.grants.add(grant)
    services.rights.apply(grant)
    return Answer(
        reply=Reply(tone=Tone.GOOD, lines=(f"{person.signature} is not on the list any more.",)),
        before=f"{person.signature} {before.name.lower()}",
        after=f"{person.signature} {services.rights.role_of(person).name.lower()}",
    )


def _wanted(request: Request) -> Person:
    """Return whose role is meant; nobody takes their own, so that an admin is always left."""
    if len(request.arguments) != 1:
        raise UsageError("Name one person by id.")
    platform, number = read_person(request.arguments[0])
    asker = request.invocation.person
    if (platform, number) == (asker.platform, asker.id):
        raise UsageError("You cannot take your own role; another admin can.")
    return Person(platform=platform, id=number)


def _choice(request: Request) -> Answer:
    """Ask which of the others is meant."""
    asker = request.invocation.person
    others = [
        (f"{platform}:{number} ({role.name.lower()})", f"/revoke {platform}:{number}")
        for (platform, number), role in sorted(request.services.rights.listed().items())
        if platform in {"telegram", "slack"} and (platform, number) != (asker.platform, asker.id)
    ]
    if not others:
        return Answer(reply=Reply(tone=Tone.NOTICE, lines=("Nobody else is on the list.",)))
    return Answer(reply=Reply(picker=word_picker("Whose role is to be taken?", others)))


COMMAND = Command(
    name="revoke",
    summary="Take a person's role away",
    run=run,
    preview=preview,
    role=Role.ADMIN,
    usage="<id>",
    examples=("/revoke telegram:1003", "/revoke U0003"),
    section="change",
)
