"""The words of a wave that waits for a veto; its card and its alert share them."""

from datetime import datetime

from core.domain.replies import Button, Reply, Tone
from core.domain.waves import WaveProgress
from handlers import texts
from handlers.wave_words import phrases, presses

MOST_DROPS = 12


def waiting(progress: WaveProgress, until_at: datetime, now: datetime) -> Reply:
    """Return who is about to be opened, how long people have, and the presses that say so."""
    room = max(progress.target - len(progress.opened), 0)
    next_up, reserve = progress.candidates[:room], progress.candidates[room:]
    left = f"{max(0, int((until_at - now).total_seconds()))} s left at {texts.moment(now)}"
    default = "traded as it stands" if progress.trades_by_default else "left out, unless somebody says go"
    return Reply(
        title=f"{phrases.name(progress.wave_at, now)}: veto until {texts.moment(until_at)}",
        tone=Tone.NOTICE,
        lines=(
            phrases.funnel(progress),
            f"About to be opened: {phrases.listed(next_up)}." if next_up else "Nothing is left to be opened.",
            *phrases.if_any("In reserve", reserve),
            *phrases.struck_out(progress),
            f"{left}; then it is {default}.",
        ),
        footer="/veto SYMBOL drops any other." if len(progress.candidates) > MOST_DROPS else "",
        buttons=_presses(progress),
    )


def _presses(progress: WaveProgress) -> tuple[tuple[Button, ...], ...]:
    """Return go and skip, then a press for each of the first candidates, three a row."""
    first = (presses.go(progress), presses.skip(progress))
    return (first, *presses.drops(progress, MOST_DROPS))
