"""Jobs, the generators in which models work, taken to their end."""


def finish(job):
    """What a job returns."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value
