/**
 * @file
 * The real broker of integration tests.  tests/integration/run starts it and sets
 * LT_TEST_KAFKA_DIR; certificates and topics are made here when they are asked for.
 * Every function ends the program with a message when it cannot do its work.
 */
#pragma once

#include "bus/admin.h"
#include "bus/bus.h"

/** How `cn` reaches the broker; its certificate is made at the first call.  Good for ever. */
struct lt_bus lt_test_bus(const char *cn);
/** The same with a certificate file of one's own. */
struct lt_bus lt_test_bus_with(const char *cert_file, const char *key_file);
/** A formatted text, most often a path, that lives to the end of the program. */
const char *lt_test_text(const char *fmt, ...) LT_PRINTF(1, 2);
/** The broker's certificate directory. */
const char *lt_test_certs(void);

/** Runs tools/kafka/kafka COMMAND DIR ARGUMENT (NULL for none). */
void lt_test_kafka(const char *command, const char *argument);
/** Runs tools/pki/pki with the given words. */
void lt_test_pki(const char *fmt, ...) LT_PRINTF(1, 2);

/** Makes a topic `<prefix>.<something new>` with LogAppendTime and writes its name to buf. */
const char *lt_test_topic(const char *prefix, char *buf, size_t size);
/** The bootstrap principal's admin, opened once. */
struct lt_admin *lt_test_admin(void);
void lt_test_admin_close(void);
/** A name that no other test uses: `<prefix>.<number>`. */
const char *lt_test_name(const char *prefix, char *buf, size_t size);
