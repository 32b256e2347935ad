/* A control log: the input is a sequence of records (one byte that says how, then bytes up to a
 * newline).  Signed by us or not, the fold takes what is good, refuses the rest unchanged, and
 * never lets numbers go back. */
#include "control/control.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t private_key[LT_SIGN_KEY_BYTES] = {1, 2, 3};

/* Whatever it is, nobody signed it. */
static void take_forged(struct lt_fold *fold, struct lt_bytes bytes)
{
    struct lt_error err = {0};
    lt_assert(lt_fold_take(fold, lt_bytes_text("agency/ag0001"), bytes, &err) < 0);
    lt_assert(err.class == LT_ERR_REJECT);
}

/* A well-formed record whose numbers and names come from the input. */
static void take_signed(struct lt_fold *fold, struct lt_bytes bytes)
{
    char id[24] = "ag", key[LT_CONTROL_KEY_MAX];
    struct lt_buf wire = {0};
    struct lt_control control = {
        .epoch = bytes.len > 0 ? bytes.data[0] % 4 : 0,
        .number = bytes.len > 1 ? bytes.data[1] : 0,
        .at = bytes.len > 2 ? bytes.data[2] : 0,
        .kind = "agency",
        .object = id,
        .body_kind = LT_CONTROL_AGENCY,
        .body.agency = {.name = "n", .class = "c", .contact = ""},
    };
    id[2] = (char)('0' + (bytes.len > 3 ? bytes.data[3] % 10 : 0));
    lt_control_key(control.kind, id, key);
    lt_control_sign(&control, private_key, &wire);
    const int64_t before = lt_fold_highest(fold);
    const int rc = lt_fold_take(fold, lt_bytes_text(key), lt_buf_bytes(&wire), NULL);
    lt_assert(lt_fold_highest(fold) >= before);
    lt_assert(rc < 0 || lt_fold_agency(fold, id));
    lt_buf_fini(&wire);
}

static void take_beat(struct lt_fold *fold, struct lt_bytes bytes)
{
    uint8_t digest[32];
    struct lt_buf wire = {0};
    lt_fold_digest(fold, digest);
    digest[0] ^= bytes.len > 2 ? bytes.data[2] & 1 : 0;
    const int64_t highest = bytes.len > 1 ? bytes.data[1] : lt_fold_highest(fold);
    const struct lt_control control = {
        .epoch = bytes.len > 0 ? bytes.data[0] % 4 : 0,
        .number = highest,
        .at = bytes.len > 3 ? bytes.data[3] : 0,
        .kind = "heartbeat",
        .object = LT_CONTROL_HEARTBEAT_OBJECT,
        .body_kind = LT_CONTROL_HEARTBEAT,
        .body.heartbeat = {.highest = highest, .digest = lt_bytes(digest, sizeof(digest))},
    };
    lt_control_sign(&control, private_key, &wire);
    const int rc =
        lt_fold_take(fold, lt_bytes_text("heartbeat/steward"), lt_buf_bytes(&wire), NULL);
    lt_assert(rc < 0 || !(bytes.len > 2 && bytes.data[2] & 1) || lt_fold_number(fold) == 0 ||
              lt_fold_heartbeat_at(fold) != control.at);
    lt_buf_fini(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t public_key[LT_SIGN_KEY_BYTES];
    lt_control_key_public(private_key, public_key);
    LT_CLEANUP(lt_fold_freep) struct lt_fold *fold = lt_fold_new(public_key);
    for (size_t records = 0; size > 0 && records < 64; records++) {
        const uint8_t *end = memchr(data, '\n', size);
        const size_t len = end ? (size_t)(end - data) : size;
        const struct lt_bytes rest = lt_bytes(data + 1, len > 0 ? len - 1 : 0);
        if (len > 0 && data[0] == 's')
            take_signed(fold, rest);
        else if (len > 0 && data[0] == 'b')
            take_beat(fold, rest);
        else
            take_forged(fold, lt_bytes(data, len));
        data += end ? len + 1 : len;
        size -= end ? len + 1 : len;
    }
    lt_assert(lt_fold_number(fold) <= lt_fold_highest(fold));
    return 0;
}
