"""Use-cases: all that pages and the command line may call. A file per stage of the work.

sessions   open, list and delete sessions; follow a job
data       file -> reading -> corrected types -> dataset
training   dataset -> run
sampling   run -> sample
judging    sample -> evaluation, or tables made elsewhere -> evaluation
absorb     what ended jobs made -> catalogue
"""
