/**
 * @file
 * Of consumer_world*.c only.
 */
#pragma once

#include "support/cm.h"
#include "support/consumer_world.h"

#define assert_ok(call)                         \
    do {                                        \
        struct lt_error err = {0};              \
        if ((call) < 0)                         \
            fail_msg("%s: %s", #call, err.msg); \
    } while (0)

/** Makes a topic of one partition, fails the test when it cannot. */
void consumer_make_topic(const char *topic);
