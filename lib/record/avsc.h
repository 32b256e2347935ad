/**
 * @file
 * The texts of schemas/<name>.avsc, compiled in (zero terminated).  Layer 1.
 */
#pragma once

extern const char lt_avsc_control[];
extern const char lt_avsc_cursor[];
extern const char lt_avsc_decision[];
extern const char lt_avsc_delivery_note[];
extern const char lt_avsc_end_of_feed[];
extern const char lt_avsc_feed_cursor[];
extern const char lt_avsc_feed_position[];
extern const char lt_avsc_gap_report[];
extern const char lt_avsc_receipt[];
extern const char lt_avsc_reject_report[];
extern const char lt_avsc_schema_notice[];
extern const char lt_avsc_source_position[];
extern const char lt_avsc_standstill[];
extern const char lt_avsc_stream_notice[];
extern const char lt_avsc_sync_key[];
extern const char lt_avsc_sync_point[];
