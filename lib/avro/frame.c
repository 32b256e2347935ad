#include "avro/frame.h"

#include "base/num.h"

void lt_frame_put(struct lt_buf *out, int32_t schema_id)
{
    uint8_t frame[LT_FRAME_BYTES] = {0};

    lt_put_u32be(frame + 1, (uint32_t)schema_id);
    lt_buf_add(out, frame, sizeof(frame));
}

int lt_frame_get(struct lt_bytes framed,
                 int32_t *ret_schema_id,
                 struct lt_bytes *ret_record,
                 struct lt_error *reterr)
{
    if (!framed.data || framed.len < LT_FRAME_BYTES)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "frame: %zu bytes are too short for one",
                       framed.len);
    if (framed.data[0] != 0)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "frame: format byte %u, not 0",
                       framed.data[0]);
    uint32_t id = lt_get_u32be(framed.data + 1);
    if (id > INT32_MAX)
        return lt_fail(reterr, LT_ERR_REJECT, "avro", 0, "frame: schema id %u out of range", id);
    *ret_schema_id = (int32_t)id;
    *ret_record = lt_bytes(framed.data + LT_FRAME_BYTES, framed.len - LT_FRAME_BYTES);
    return 0;
}
