/**
 * @file
 * Signed control records and their fold (architecture 5, DX-12).  Layer 2, pure but for OpenSSL's
 * Ed25519; one thread at a time.
 *
 * On the wire (platform.control, key = "kind/object", value):
 *   byte 01 · 64 bytes Ed25519 signature over "lienthong-control-v1\0" || payload · payload =
 *   Avro of schemas/control.avsc.
 * The signature is checked before any decoding.  A record's key must equal its kind/object.
 *
 * A fold keeps the newest body of each object.  It acts only when it equals a heartbeat {highest
 * number, digest}; digest = SHA-256 over all objects (removed ones too, heartbeats not) in
 * bytewise order of their keys of (u32be len, key, u64be number, SHA-256 of the payload).
 *
 * A heartbeat takes no number of its own: its number is the highest one given out, and it is newer
 * than another when (epoch, number, at) is, in this order.  Only a signer whose clock was turned
 * back gives it one, so that it is newer with an earlier time.  Refused, never applied: a record of
 * an object that is not newer than the one held (the same bytes again are no news and no fault), a
 * number at or below what a heartbeat has confirmed, an epoch that does not go with its number.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "record/records.h"

#define LT_SIGN_KEY_BYTES    32
#define LT_SIGNATURE_BYTES   64
#define LT_CONTROL_MAX_BYTES (2u << 20) /**< longest wire value taken */
#define LT_CONTROL_KEY_MAX   128        /**< buffer for "kind/object" */
/** The object of every heartbeat: its key is "heartbeat/steward". */
#define LT_CONTROL_HEARTBEAT_OBJECT "steward"

/** Signs and appends the wire value of *control.  private_key: 32 raw bytes. */
void lt_control_sign(const struct lt_control *control,
                     const uint8_t private_key[LT_SIGN_KEY_BYTES],
                     struct lt_buf *out);
/** Checks form and signature; *ret_payload points into wire.  LT_ERR_REJECT: malformed, forged. */
int lt_control_verify(const uint8_t public_key[LT_SIGN_KEY_BYTES],
                      struct lt_bytes wire,
                      struct lt_bytes *ret_payload,
                      struct lt_error *reterr) LT_MUST_CHECK;
int lt_control_key_new(uint8_t ret_private[LT_SIGN_KEY_BYTES],
                       uint8_t ret_public[LT_SIGN_KEY_BYTES],
                       struct lt_error *reterr) LT_MUST_CHECK;
/** The public half of a private key. */
void lt_control_key_public(const uint8_t private_key[LT_SIGN_KEY_BYTES],
                           uint8_t ret_public[LT_SIGN_KEY_BYTES]);
/* Key files: 64 hex digits and a line end.  LT_ERR_FATAL names the path, never the content. */
int lt_control_key_read_public(const char *path,
                               uint8_t ret[LT_SIGN_KEY_BYTES],
                               struct lt_error *reterr) LT_MUST_CHECK;
/** Refuses a file that group or others may read or write. */
int lt_control_key_read_private(const char *path,
                                uint8_t ret[LT_SIGN_KEY_BYTES],
                                struct lt_error *reterr) LT_MUST_CHECK;
/** Writes either half (atomically); mode 0600 for the private one. */
int lt_control_key_write(const char *path,
                         const uint8_t key[LT_SIGN_KEY_BYTES],
                         int mode,
                         struct lt_error *reterr) LT_MUST_CHECK;

/** "agency", "application", ... "heartbeat"; NULL for LT_CONTROL_REMOVED. */
const char *lt_control_kind_name(enum lt_control_kind kind);
/** "kind/object", the record's key. */
void lt_control_key(const char *kind, const char *object, char buf[LT_CONTROL_KEY_MAX]);

struct lt_fold;
struct lt_fold *lt_fold_new(const uint8_t public_key[LT_SIGN_KEY_BYTES]);
void lt_fold_free(struct lt_fold *fold);
LT_DEFINE_CLEANUP(struct lt_fold, lt_fold_free)

/** Takes one record from the topic.  LT_ERR_REJECT: forged, malformed, replayed, older epoch or
 * number (the fold is unchanged; the caller logs and counts). */
int lt_fold_take(struct lt_fold *fold,
                 struct lt_bytes key,
                 struct lt_bytes value,
                 struct lt_error *reterr) LT_MUST_CHECK;

/** Number up to which the fold equals a heartbeat; 0 when none matched yet, or when something was
 * taken since that no heartbeat confirms. */
int64_t lt_fold_number(const struct lt_fold *fold);
/** Highest number and epoch taken, whether or not a heartbeat confirms them. */
int64_t lt_fold_highest(const struct lt_fold *fold);
int64_t lt_fold_epoch(const struct lt_fold *fold);
/** May lanes act at `now`?  The fold equals its newest heartbeat and that is younger than grace; a
 * heartbeat from the future (more than 60 s) does not count.  When not, *ret_why (may be NULL)
 * says why (static text). */
bool lt_fold_fresh(const struct lt_fold *fold, lt_time now, lt_time grace, const char **ret_why);
/** When the newest heartbeat was made; LT_TIME_NONE before the first. */
lt_time lt_fold_heartbeat_at(const struct lt_fold *fold);

/** Look-ups; NULL when unknown or removed.  Valid until the next lt_fold_take(). */
const struct lt_agency *lt_fold_agency(const struct lt_fold *fold, const char *id);
const struct lt_application *lt_fold_application(const struct lt_fold *fold, const char *id);
const struct lt_service *lt_fold_service(const struct lt_fold *fold, const char *id);
const struct lt_agreement *lt_fold_agreement(const struct lt_fold *fold, const char *id);
const struct lt_connection *lt_fold_connection(const struct lt_fold *fold, const char *id);
const struct lt_schema_body *lt_fold_schema(const struct lt_fold *fold, int32_t id);
const struct lt_feed_body *lt_fold_feed(const struct lt_fold *fold, const char *service);
const struct lt_hold *lt_fold_hold(const struct lt_fold *fold, const char *id);

/** Number of the newest record of an object, and its bytes as they came; 0 and absent bytes when
 * unknown.  Removed objects count here. */
int64_t
lt_fold_number_of(const struct lt_fold *fold, enum lt_control_kind kind, const char *object);
struct lt_bytes
lt_fold_wire(const struct lt_fold *fold, enum lt_control_kind kind, const char *object);

/** All live objects of one kind in bytewise order of id; returning false stops. */
typedef bool lt_fold_visit(void *arg, const char *object, int64_t number, const void *body);
void lt_fold_each(const struct lt_fold *fold,
                  enum lt_control_kind kind,
                  lt_fold_visit *visit,
                  void *arg);

/** Every object with its newest record, removed ones too, in bytewise order of keys
 * ("kind/object"); wire: its bytes as they came. */
typedef void lt_fold_visit_record(void *arg,
                                  const char *key,
                                  const struct lt_control *control,
                                  struct lt_bytes wire);
void lt_fold_each_record(const struct lt_fold *fold, lt_fold_visit_record *visit, void *arg);
/** How many those are. */
size_t lt_fold_record_count(const struct lt_fold *fold);

/** Holds (not lifted) on a target (connection or service id), in order; returns how many and
 * fills up to cap of them. */
size_t lt_fold_holds_on(const struct lt_fold *fold,
                        const char *target,
                        const struct lt_hold **holds,
                        size_t cap);
/** The same with their ids: holds_on for those who name them. */
size_t
lt_fold_hold_ids_on(const struct lt_fold *fold, const char *target, const char **ids, size_t cap);
/** Digest of what the fold holds (what the steward puts into a heartbeat). */
void lt_fold_digest(const struct lt_fold *fold, uint8_t ret[32]);
