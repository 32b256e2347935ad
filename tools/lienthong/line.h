/**
 * @file
 * The line of one connection, from the source's commit to the last instant of use, and the first
 * stage where time stands still (D8.1, D41.2b).  Pure: computed from the fold, the board and a
 * clock that is handed in.
 */
#pragma once

#include "control/control.h"
#include "lienthong/board.h"

enum lt_cli_stage {
    LT_CLI_SOURCE, /**< the provider's database and its adapter */
    LT_CLI_FEED,   /**< feed.<service>.<n> */
    LT_CLI_ROUTED, /**< the live lane's position in the feed */
    LT_CLI_STREAM, /**< stream.<connection>.<g> and its inbox record */
    LT_CLI_TARGET, /**< the user's database */
    LT_CLI_STAGES,
    LT_CLI_MOVING = LT_CLI_STAGES, /**< no stage stands still */
};
const char *lt_cli_stage_name(enum lt_cli_stage stage); /**< "source" ...; "none" for MOVING */

/** Why a stage stands still. */
enum lt_cli_still {
    LT_CLI_STILL_NOT,
    LT_CLI_STILL_NO_SIGN,    /**< the adapter has written nothing for too long, or never */
    LT_CLI_STILL_NO_FEED,    /**< the feed is not begun */
    LT_CLI_STILL_SNAPSHOT,   /**< the feed's first snapshot is not complete */
    LT_CLI_STILL_FEED_ENDED, /**< this incarnation is over and no new one streams */
    LT_CLI_STILL_FEED_UNFIT, /**< the provider's table does not fit: the feed cannot begin */
    LT_CLI_STILL_NO_SYNC,    /**< records come, but the source vouches for nothing newer */
    LT_CLI_STILL_BEHIND,     /**< routing has not handled what the feed holds */
    LT_CLI_STILL_NO_CURSOR,  /**< routing has not taken the connection up */
    LT_CLI_STILL_HELD,
    LT_CLI_STILL_ENDED,
    LT_CLI_STILL_LOADING,    /**< LOAD: the first load runs */
    LT_CLI_STILL_CATCHING,   /**< CATCH or READY for longer than the tolerance */
    LT_CLI_STILL_NO_NOTICE,  /**< the inbox shows no new sync point */
    LT_CLI_STILL_NO_RECEIPT, /**< the target has reported nothing for too long, or never */
    LT_CLI_STILL_STAGING,    /**< the target loads this stream beside the copy shown */
    LT_CLI_STILL_NOT_APPLIED /**< the target reports, but has not reached the newest sync point */
};

/** How much of the use period is gone (D41.2b-9). */
enum lt_cli_age {
    LT_CLI_AGE_NONE,  /**< no stamp: nothing to use yet */
    LT_CLI_AGE_FRESH, /**< below half */
    LT_CLI_AGE_50,
    LT_CLI_AGE_80,
    LT_CLI_AGE_95,
    LT_CLI_AGE_EXPIRED, /**< no use value any more */
    LT_CLI_AGE_OVER     /**< the right itself is over: agreement or connection ended */
};

/** What the topics show; -1: not known. */
struct lt_cli_marks {
    int64_t feed_readable, feed_end; /**< last stable offset, high watermark */
    int64_t stream_readable, stream_end;
};
#define LT_CLI_NO_MARKS ((struct lt_cli_marks){-1, -1, -1, -1})

#define LT_CLI_HOLDS_MAX 16
/** One hold that is not lifted, with its id. */
struct lt_cli_held {
    const char *id;
    const struct lt_hold *hold;
};
/** Holds on a connection or on its service, in order of their ids; returns how many (at most
 * LT_CLI_HOLDS_MAX). */
size_t lt_cli_holds(const struct lt_fold *fold,
                    const char *connection,
                    const char *service,
                    struct lt_cli_held held[LT_CLI_HOLDS_MAX]);

/** Everything borrowed from fold and board: good until either changes.  Absent things are NULL. */
struct lt_cli_line {
    const char *connection;
    const struct lt_connection *terms;
    const struct lt_service *service;
    const struct lt_agreement *agreement;
    const struct lt_application *application;
    const struct lt_source_position *source;
    const struct lt_feed_position *feed;
    const struct lt_feed_cursor *routed;
    const struct lt_cursor *cursor;        /**< of the newest stream */
    const struct lt_stream_notice *notice; /**< of the newest stream */
    const struct lt_receipt *receipt;      /**< of the newest stream */
    const struct lt_receipt *shown;        /**< of the stream whose copy is shown */
    struct lt_cli_marks marks;

    struct lt_cli_held holds[LT_CLI_HOLDS_MAX];
    size_t hold_count;

    enum lt_cli_stage stands; /**< LT_CLI_MOVING: time passes everywhere */
    enum lt_cli_still why;
    lt_time stamp, usable_until; /**< LT_TIME_NONE: none */
    lt_time use_period;
    int64_t used_percent; /**< of the use period, 0.. (may exceed 100); -1 without stamp */
    enum lt_cli_age age;
    bool over; /**< connection or agreement ended */
};

/** What the line is measured with. */
struct lt_cli_measure {
    lt_time now;
    lt_time still; /**< how long a stage may show nothing new before its time stands still */
};

/** connection must be one of the fold's. */
void lt_cli_line(const struct lt_fold *fold,
                 const struct lt_cli_board *board,
                 const char *connection,
                 const struct lt_cli_marks *marks,
                 const struct lt_cli_measure *measure,
                 struct lt_cli_line *ret);

/** Age of a copy from its stamp; period > 0. */
int64_t lt_cli_used_percent(lt_time stamp, lt_time period, lt_time now);
enum lt_cli_age lt_cli_age_of(int64_t used_percent);
