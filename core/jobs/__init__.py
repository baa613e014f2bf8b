"""Jobs: detached workers that talk through files, and the queue that starts one after another.

What the layers above call::

    core.jobs.launch
        start_job(session_folder, kind, config, *, job_id=None, after=()) -> job id; the queue starts it when its lane is free
        control(folder, "run" | "pause" | "stop" | "extend:<more epochs>")   stop escalates: file, SIGTERM, kill of the group
        resume_job(folder)          paused, stopped, failed, crashed or extended: back into the queue, from the checkpoint
        extend_job(folder, epochs)  that many more epochs, whether it is still training or ended long ago
        ensure_runner(session_folder) -> bool   starts the queue if something waits and no queue lives; cheap, call it at each page
        wait(folder, *, timeout=None, on_tick=None) -> JobState
    core.jobs.protocol
        JobView(folder)   .id .kind .config .state .status .control .is_alive .records() .checkpoints .latest_checkpoint
        JobState          waiting running pausing paused stopping stopped done failed crashed  (texts; .is_active, .is_over, .can_resume)
        Status            state progress message eta_seconds error_id error hint field details started_at updated_at ended_at pid
        list_jobs(session_folder) -> list of JobView, oldest first
    core.jobs.reports
        report_of(view) -> Report or None: the whole report, or what an evaluation has found so far

Ids come from `core.jobs.ids`: `new_id("run")`, `check_id(text, "run")`. The id of a made thing is the id of its job.
"""
