"""What becomes of a run.

The pieces, in the order in which a run meets them:

    call        the call that it makes, or the execution that has its key already
    attempt     making it, and concluding
    classify    what an outcome means: again, or given up, and whose matter it is
    redrive     dead letters wait for an attempt again
    lost        whether one whose holders were lost may be redriven without a look
    cancel      calling a run off
    for_agents  runs that an agent fetches
    waiting     waiting for the next of these
"""
