"""The words of a wave that waits for a veto; its card and its alert share them."""

from datetime import datetime

from core.domain.replies import Button, Reply, Tone
from core.domain.waves import WaveProgress
from handlers import texts, veto_presses, wave_words

MOST_DROPS = 12


def waiting(progress: WaveProgress, until_at: datetime, now: datetime) -> Reply:
    """Return who is about to be opened, how long people have, and the presses that say so."""
    room = max(progress.target - len(progress.opened), 0)
    next_up, reserve = progress.candidates[:room], progress.candidates[room:]
    left = f"{max(0, int((until_at - now).total_seconds()))} s left at {texts.moment(now)}"
    default = "traded as it stands" if progress.trades_by_default else "left out, unless somebody says go"
    return Reply(
        title=f"{wave_words.name(progress.wave_at, now)}: veto until {texts.moment(until_at)}",
        tone=Tone.NOTICE,
        lines=(
            wave_words.funnel(progress),
            f"About to be opened: {wave_words.listed(next_up)}." if next_up else "Nothing is left to be opened.",
            *wave_words.if_any("In reserve", reserve),
            *wave_words.struck_out(progress),
            f"{left}; then it is {default}.",
        ),
        footer="/veto SYMBOL drops any other." if len(progress.candidates) > MOST_DROPS else "",
        buttons=_presses(progress),
    )


def _presses(progress: WaveProgress) -> tuple[tuple[Button, ...], ...]:
    """Return go and skip, then a press for each of the first candidates, three a row."""
    first = (veto_presses.go(progress), veto_presses.skip(progress))
    return (first, *veto_presses.drops(progress, MOST_DROPS))
