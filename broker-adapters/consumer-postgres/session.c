#include "consumer-postgres/session.h"

#include "base/log.h"

#define PUSHED 65536 /* bytes of parameters with which a queued statement is sent at once */

static int finish_one(struct lt_pg *pg, struct lt_error *reterr)
{
    return lt_pg_flush(pg, reterr) ? -1 : lt_pg_collect(pg, NULL, reterr);
}

int lt_session_prepare(struct lt_pg *pg, const char *name, const char *sql, struct lt_error *reterr)
{
    if (!PQsendPrepare(lt_pg_raw(pg), name, sql, 0, NULL))
        return lt_pg_result_error(pg, NULL, reterr);
    return finish_one(pg, reterr);
}

static int send(struct lt_pg *pg,
                const char *name,
                const char *sql,
                struct lt_params *params,
                struct lt_error *reterr)
{
    const int count = params ? params->count : 0;
    const char *const *values = params ? lt_params_values(params) : NULL;
    const int *lengths = params ? params->lengths : NULL,
              *formats = params ? params->formats : NULL;
    const int sent =
        name ? PQsendQueryPrepared(lt_pg_raw(pg), name, count, values, lengths, formats, 0)
             : PQsendQueryParams(lt_pg_raw(pg), sql, count, NULL, values, lengths, formats, 0);
    return sent ? 0 : lt_pg_result_error(pg, NULL, reterr);
}

int lt_session_run(struct lt_pg *pg,
                   const char *name,
                   const char *sql,
                   struct lt_params *params,
                   struct lt_error *reterr)
{
    if (send(pg, name, sql, params, reterr))
        return -1;
    return finish_one(pg, reterr);
}

int lt_pipeline_begin(struct lt_pg *pg, struct lt_error *reterr)
{
    if (!PQenterPipelineMode(lt_pg_raw(pg)))
        return lt_pg_result_error(pg, NULL, reterr);
    return lt_pipeline_queue(pg, NULL, "BEGIN", NULL, reterr);
}

int lt_pipeline_queue(struct lt_pg *pg,
                      const char *name,
                      const char *sql,
                      struct lt_params *params,
                      struct lt_error *reterr)
{
    if (send(pg, name, sql, params, reterr))
        return -1;
    const bool large = params && params->data.len >= PUSHED;
    return large && PQflush(lt_pg_raw(pg)) < 0 ? lt_pg_result_error(pg, NULL, reterr) : 0;
}

/* Reads to the answer of the sync.  What was queued behind an error comes back as aborted. */
static int read_answers(struct lt_pg *pg, struct lt_error *reterr)
{
    int rc = 0;
    for (int ends = 0;;) {
        LT_CLEANUP(lt_pg_clearp) PGresult *res = NULL;
        const int got = lt_pg_next_result(pg, &res, rc ? NULL : reterr);
        if (got < 0)
            return -1;
        /* One end after each answer; more means that the connection is gone. */
        ends = got ? 0 : ends + 1;
        if (ends > 1)
            return rc ? rc : lt_pg_result_error(pg, NULL, reterr);
        if (got == 0)
            continue;
        const ExecStatusType status = PQresultStatus(res);
        if (status == PGRES_PIPELINE_SYNC)
            return rc;
        if (rc == 0 && !lt_pg_succeeded(res) && status != PGRES_PIPELINE_ABORTED)
            rc = lt_pg_result_error(pg, res, reterr);
    }
}

int lt_session_undo(struct lt_pg *pg, struct lt_error *reterr)
{
    if (PQtransactionStatus(lt_pg_raw(pg)) != PQTRANS_IDLE && lt_pg_exec(pg, "ROLLBACK", NULL))
        lt_fail_context(reterr, "the session cannot be used any more");
    return -1;
}

/* The end of what was queued, and of the pipeline. */
static int leave_pipeline(struct lt_pg *pg, struct lt_error *reterr)
{
    if (!PQpipelineSync(lt_pg_raw(pg)))
        return lt_pg_result_error(pg, NULL, reterr);
    if (lt_pg_flush(pg, reterr))
        return -1;
    const int rc = read_answers(pg, reterr);
    if (!PQexitPipelineMode(lt_pg_raw(pg)))
        return rc ? rc : lt_pg_result_error(pg, NULL, reterr);
    return rc ? lt_session_undo(pg, reterr) : 0;
}

int lt_pipeline_finish(struct lt_pg *pg, struct lt_error *reterr)
{
    if (lt_pipeline_queue(pg, NULL, "COMMIT", NULL, reterr))
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_begun", NULL);
    if (leave_pipeline(pg, reterr))
        return -1;
    lt_log(LT_LOG_DEBUG, "commit_ended", NULL);
    return 0;
}
