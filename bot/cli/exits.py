"""What each kind of failure means to a shell."""

from core.domain.errors import AlreadyRunning, ConfigurationError, RetryLater, Unreachable, WavehelmError

EXIT_CRASH = 1
EXIT_CONFIGURATION = 2
EXIT_ALREADY_RUNNING = 3
EXIT_UNREACHABLE = 4


def exit_code_of(error: WavehelmError) -> int:
    """Return the exit code of an error that ended the process."""
    match error:
        case ConfigurationError():
            return EXIT_CONFIGURATION
        case AlreadyRunning():
            return EXIT_ALREADY_RUNNING
        case Unreachable() | RetryLater():
            return EXIT_UNREACHABLE
    return EXIT_CRASH
