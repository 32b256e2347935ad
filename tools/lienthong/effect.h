/**
 * @file
 * Has a command taken effect?  Pure; read from the fold and from what routing has committed
 * (protocol 7), never from the request.
 */
#pragma once

#include "control/control.h"
#include "lienthong/board.h"

/** What a command waits for. */
enum lt_cli_wish {
    LT_CLI_WISH_SIGNED,  /**< a heartbeat confirms the control number */
    LT_CLI_WISH_HELD,    /**< object: the hold */
    LT_CLI_WISH_LIFTED,  /**< object: the hold */
    LT_CLI_WISH_AMENDED, /**< object: the connection */
    LT_CLI_WISH_ENDED,   /**< object: the connection, or the agreement */
};

struct lt_cli_effect {
    bool shown;                    /**< it has taken effect */
    size_t connections;            /**< that it touches */
    size_t waiting;                /**< of them, those where it does not show yet */
    size_t still_held;             /**< lifted, but another hold keeps them suspended */
    char first_waiting[LT_ID_MAX]; /**< one of those that wait, or empty */
};

struct lt_cli_effect lt_cli_effect(const struct lt_fold *fold,
                                   const struct lt_cli_board *board,
                                   enum lt_cli_wish wish,
                                   const char *object,
                                   int64_t number); /**< control number of the command */
