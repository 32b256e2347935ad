/**
 * @file
 * Framing: byte 00, schema id (4 bytes big-endian), Avro binary.  Layer 1, pure.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#define LT_FRAME_BYTES 5

void lt_frame_put(struct lt_buf *out, int32_t schema_id);
/** Splits framed bytes.  LT_ERR_REJECT when too short or of another format. */
int lt_frame_get(struct lt_bytes framed,
                 int32_t *ret_schema_id,
                 struct lt_bytes *ret_record,
                 struct lt_error *reterr) LT_MUST_CHECK;
