"""Jobs: detached workers that talk through files, and the queue that starts one after another.

What the layers above call::

    core.jobs.launch
        start_job(session_folder, kind, config, *, job_id=None, after=()) -> job id
                                    the queue starts it when its lane is free and the jobs in `after` are done
        control(folder, "run" | "pause" | "stop" | "extend:<more epochs>")
                                    stop escalates: file, SIGTERM, kill of the group
        resume_job(folder)          paused, stopped, failed, crashed or extended: back into the queue
        extend_job(folder, epochs)  that many more epochs, whether it is still training or ended long ago
        end_jobs(session_folder)    stop everything and wait until nothing lives; before a session is deleted
        ensure_runner(session_folder) -> bool
                                    starts the queue if something waits and no queue lives; cheap, for every page
        wait(folder, *, timeout=None, on_tick=None) -> JobState
    core.jobs.protocol
        JobView(folder)   .id .kind .config .state .status .progress .message .control .is_alive .records()
                          .checkpoints .latest_checkpoint .target_epochs
        JobState          waiting running pausing paused stopping stopped done failed crashed (texts)
                          .is_active .is_over .can_resume
        Status            state progress message eta_seconds error hint error_id field details
                          queued_at started_at updated_at ended_at pid
        list_jobs(session_folder) -> list of JobView, oldest first
    core.jobs.reports
        report_of(view) -> Report or None: the whole report, or what an evaluation has found so far

Ids come from `core.jobs.ids`: `new_id("run")`, `check_id(text, "run")`. The id of a made thing is the id of its job.
"""
