"""The session store: a DuckDB catalogue of datasets, runs, samples, evaluations, jobs and the audit.

`core.store.store.Store`; what comes out of it besides the values of `core` is in `core.store.values`::

    Store.open(folder) -> Store     makes folder and catalogue when missing; StoreLocked names the process that has it
    store.close()                   also a context manager

    save_dataset(dataset, *, files=None)            find_dataset(id)      list_datasets()
    save_run(id, *, dataset_id, config)             find_run(id)          list_runs(dataset_id=None)
    update_run(id, *, state, device=None, versions=None, error=None)
    save_epochs(run_id, records) -> number of new   list_epochs(run_id)
    save_checkpoint(run_id, *, epoch, folder, step=None)                  list_checkpoints(run_id)
    save_sample(id, *, run_id, epoch, request, n_rows, n_unconditioned, outcomes, path, content_hash=None)
                                                    find_sample(id)       list_samples(run_id=None)
    save_evaluation(id, *, sample_id, parts, plan, report)
                                                    find_evaluation(id)   list_evaluations(sample_id=None)
                                                    find_report(id)
    save_job(id, *, kind, config)                   find_job(id)          list_jobs()
    update_job(id, *, state, error_id="", error="")
    delete_dataset(id)  delete_run(id)  delete_sample(id)
    audit(action, ids=(), settings=None)            list_audit()
    verify() -> list of Problem

Saving the same thing again is silent, so results can be taken in any number of times; saving something else under
a known id is refused. Every save and delete appends to the audit by itself.
"""
