"""The session store: a DuckDB catalogue of datasets, runs, samples, evaluations, jobs and the audit.

`core.store.store.Store`; what comes out of it besides the values of `core` is in `core.store.values`::

    Store.open(folder) -> Store        folder and catalogue are made when missing; StoreLocked names the process that has it
    store.close()                      also a context manager
    store.save_dataset(dataset, *, files=None, details=None)     find_dataset(id) list_datasets() dataset_details(id) delete_dataset(id)
    store.save_run(id, *, dataset_id, config)                    find_run(id) list_runs(dataset_id=None) delete_run(id)
    store.update_run(id, *, state, device=None, versions=None, error=None)
    store.save_epochs(run_id, records) -> number that were new   list_epochs(run_id)
    store.save_checkpoint(run_id, *, epoch, step=None, folder)   list_checkpoints(run_id)
    store.save_sample(id, *, run_id, epoch, request, n_rows, n_unconditioned, outcomes, path, content_hash=None)
                                                                 find_sample(id) list_samples(run_id=None) delete_sample(id)
    store.save_evaluation(id, *, sample_id, parts, plan, report) find_evaluation(id) list_evaluations(sample_id=None) find_report(id)
    store.save_job(id, *, kind, config)  update_job(id, *, state, error_id="", error="")  find_job(id) list_jobs()
    store.audit(action, ids=(), settings=None)                   list_audit()
    store.verify() -> list of Problem

Saving the same thing again is silent, so results can be taken in any number of times; saving something else under
a known id is refused. Every save and delete appends to the audit by itself.
"""
