/**
 * @file
 * Words of a filter text.  Layer 1, private to scope.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum scope_token_kind {
    SCOPE_TOKEN_END,
    SCOPE_TOKEN_WORD,   /**< plain word: a keyword or a name, as written */
    SCOPE_TOKEN_NAME,   /**< double-quoted name, unquoted here */
    SCOPE_TOKEN_TEXT,   /**< 'text', unquoted here */
    SCOPE_TOKEN_NUMBER, /**< -12.50, as written */
    SCOPE_TOKEN_SIGN,   /**< = <> < <= > >= ( ) , */
};
struct scope_token {
    enum scope_token_kind kind;
    const char *text; /**< zero terminated, in the lexer's arena */
    size_t at;        /**< position of its first character, from 1 */
};

/** Start with next and counted at the text. */
struct scope_lexer {
    const char *next, *counted;
    size_t characters; /**< before `counted` */
    struct lt_arena *arena;
};
/** Reads the next token.  LT_ERR_REJECT with its position. */
int scope_lexer_next(struct scope_lexer *lexer,
                     struct scope_token *ret,
                     struct lt_error *reterr) LT_MUST_CHECK;

/** "at 17: what" as LT_ERR_REJECT. */
int scope_fail_at(size_t at, struct lt_error *reterr, const char *fmt, ...) LT_PRINTF(3, 4);

/** May the name stand without quotes?  (a plain word that is no keyword) */
bool scope_is_plain_name(const char *name);
