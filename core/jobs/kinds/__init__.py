"""What a worker does: one module per kind of job, each with `run(context) -> JobState`."""
