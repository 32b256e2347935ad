/**
 * @file
 * A small world of signed control records for tests: a key, a fold, and the statements that make
 * one connection cn000001 of user ap000002 on service sv000001 of provider ap000001 deliverable.
 */
#pragma once

#include "control/control.h"

#define WORLD_NOW   ((lt_time)1795572000 * LT_SECOND) /* 2026-11-25T02:00:00Z */
#define WORLD_GRACE (30 * LT_SECOND)

struct world {
    uint8_t private_key[LT_SIGN_KEY_BYTES], public_key[LT_SIGN_KEY_BYTES];
    struct lt_fold *fold;
    int64_t epoch, number; /* of the last record made */
    struct lt_buf wire;    /* of the last record made */
    char key[LT_CONTROL_KEY_MAX];
};

void world_init(struct world *world);
void world_fini(struct world *world);

/** Signs a record of the next number, at WORLD_NOW; leaves it in world->key and world->wire. */
void world_sign(struct world *world, enum lt_control_kind kind, const char *id, const void *body);
/** The same, then takes it; asserts that it is taken. */
void world_put(struct world *world, enum lt_control_kind kind, const char *id, const void *body);
/** Takes what world->key and world->wire hold. */
int world_take(struct world *world, struct lt_error *reterr);
/** A heartbeat of the fold as it is; takes it. */
void world_beat(struct world *world, lt_time at);

/* The bodies of a deliverable connection; a test changes a copy. */
extern const struct lt_agency world_agency;
extern const struct lt_application world_provider, world_user;
extern const struct lt_service world_service;
extern const struct lt_agreement world_agreement;
extern const struct lt_connection world_connection;
extern const struct lt_hold world_hold_pair, world_hold_service;
/** Puts all of it (no hold), and a heartbeat at WORLD_NOW. */
void world_fill(struct world *world);
