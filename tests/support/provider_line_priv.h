/**
 * @file
 * Of provider_line*.c only: one provider's side.
 */
#pragma once

#include "support/provider_line.h"

#include <pthread.h>
#include <stdatomic.h>

#define SERVICES_MAX 16
#define SCHEMAS_MAX  128

struct declared {
    char id[LT_ID_MAX];
    int64_t incarnation; /* signed */
};
struct line {
    char application[LT_ID_MAX], source[LT_ID_MAX];
    char inbox[LT_TOPIC_MAX], progress[LT_TOPIC_MAX];
    char name[32];
    char directory[256], config[300], log[300], key_file[300];
    uint8_t private_key[32], public_key[32];
    int64_t number;
    int32_t schema_id;
    struct lt_avro_schema *schemas[SCHEMAS_MAX]; /* id - 1001 */
    struct declared services[SERVICES_MAX];
    size_t service_count;
    struct lt_producer *producer;
    pthread_mutex_t lock; /* of the above */
    pthread_t steward;
    atomic_bool steward_on, steward_stop;
    struct lt_buf extra;
    const char *role;
    pid_t pid;
    PGconn *pg;
    struct lt_buf answer;
};

/** Runs one statement that must succeed; PQclear() the result. */
PGresult *line_execute(struct line *line, const char *sql);
/** Makes a topic of one partition, compacted, with the window of feeds. */
void line_make_topic(const char *topic);
/** The stand-in steward's thread; arg: the line. */
void *line_steward_run(void *arg);
