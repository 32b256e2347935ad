/**
 * @file
 * lt-steward put together.  One thread; every call may block, within the bus's deadlines.
 */
#pragma once

#include "base/log.h"
#include "steward/cert.h"
#include "steward/cluster.h"
#include "steward/command.h"
#include "steward/conf.h"
#include "steward/copies.h"
#include "steward/effects.h"
#include "steward/follow.h"
#include "steward/ledger.h"
#include "steward/metrics.h"
#include "steward/spool.h"

struct lt_steward {
    struct lt_steward_conf conf;
    struct lt_conf_extra extra;
    struct lt_bus bus;
    uint8_t private_key[LT_SIGN_KEY_BYTES];
    char *archive_file;
    struct lt_spool spool;
    struct lt_cert_authority authority;
    struct lt_command_settings settings;
    struct lt_steward_metrics metrics;

    struct lt_ledger *ledger;
    bool signing; /* the ledger has started and nothing is in doubt */
    struct lt_cluster *cluster;
    char cluster_id[LT_CLUSTER_ID_MAX]; /* of the Kafka cluster that answered first */
    struct lt_observed *observed;
    struct lt_follow *follow;
    struct lt_copies *copies;
    struct lt_effects *effects;

    int64_t born_ms;     /* monotonic */
    bool dirty;          /* topics and rights may have to change */
    bool stale;          /* the list of topics and ACLs is not as we left it */
    int64_t beat_due_ms; /* monotonic */
    int64_t acted_ms;    /* when we changed the cluster last */
    int64_t list_due_ms; /* list again, to find what others changed, and what we did */
    int64_t look_due_ms; /* compare again: time alone ends rights */
    int64_t drift_due_ms;
    size_t drift_at;    /* next topic to check */
    size_t drift_found; /* in this round, and not set back */
    int64_t alarms;     /* sum of what was last told, so that it is told once */
};

/** Opens everything that needs no broker.  Settings are loaded. */
int lt_steward_init(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;
void lt_steward_fini(struct lt_steward *steward);

/** Serves until lt_stopping().  FATAL: what an operator must decide. */
int lt_steward_serve(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;

/** Puts control back into an empty cluster from the archive, and says on standard output what came
 * back and what is to be done next. */
int lt_steward_restore(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;

/** Carries out the oldest command, if any: 1 one was answered, 0 none waits, -1.  Any -1 but REJECT
 * means that the ledger must start over; the command stays in the spool. */
int lt_steward_execute(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;

/** Makes topics, rights, feeds and inboxes follow control.  Takes rights away before anything else.
 * *ret_taken (may be NULL): ACLs removed. */
int lt_steward_reconcile(struct lt_steward *steward,
                         size_t *ret_taken,
                         struct lt_error *reterr) LT_MUST_CHECK;
/** Makes platform.control and the other topics without which nothing starts. */
int lt_steward_make_platform(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;
/** Checks some settings, sets back those of topics; logs what is not as it must be. */
int lt_steward_check_drift(struct lt_steward *steward, struct lt_error *reterr) LT_MUST_CHECK;
