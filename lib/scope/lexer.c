#include "scope/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int scope_fail_at(size_t at, struct lt_error *reterr, const char *fmt, ...)
{
    char msg[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(msg, sizeof msg, fmt, args);
    va_end(args);
    return lt_fail(reterr, LT_ERR_REJECT, "filter", 0, "at %zu: %s", at, msg);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Position of `next`, from 1, in characters as people count them. */
static size_t position(struct scope_lexer *lexer)
{
    for (; lexer->counted < lexer->next; lexer->counted++)
        lexer->characters += ((unsigned char)*lexer->counted & 0xc0) != 0x80;
    return lexer->characters + 1;
}

/* Ends the token before `end`. */
static void finish(struct scope_lexer *lexer, struct scope_token *token, const char *end)
{
    token->text = lt_arena_dup(lexer->arena, lexer->next, (size_t)(end - lexer->next));
    lexer->next = end;
}

static void take_word(struct scope_lexer *lexer, struct scope_token *token)
{
    const char *end = lexer->next;
    while (is_letter(*end) || is_digit(*end))
        end++;
    token->kind = SCOPE_TOKEN_WORD;
    finish(lexer, token, end);
}

static int
take_number(struct scope_lexer *lexer, struct scope_token *token, struct lt_error *reterr)
{
    const char *end = lexer->next + (*lexer->next == '-');
    const char *whole = end;
    while (is_digit(*end))
        end++;
    bool good = end > whole;
    if (*end == '.') {
        const char *fraction = ++end;
        while (is_digit(*end))
            end++;
        good = good && end > fraction;
    }
    if (!good || is_letter(*end) || *end == '.')
        return scope_fail_at(token->at, reterr, "not a number (digits, a point, digits)");
    token->kind = SCOPE_TOKEN_NUMBER;
    finish(lexer, token, end);
    return 0;
}

/* Where the quote that opens at `at` closes; NULL when it does not.  A doubled quote is inside. */
static const char *find_partner(const char *at)
{
    char quote = *at++;
    while ((at = strchr(at, quote)) && at[1] == quote)
        at += 2;
    return at;
}

static int
take_quoted(struct scope_lexer *lexer, struct scope_token *token, struct lt_error *reterr)
{
    const char *from = lexer->next, *to = find_partner(from);
    if (!to)
        return scope_fail_at(token->at, reterr, "%c without its partner", *from);
    char *text = lt_arena_alloc(lexer->arena, (size_t)(to - from));
    size_t len = 0;
    for (const char *at = from + 1; at < to; at++) {
        text[len++] = *at;
        at += *at == *from; /* the second of a doubled quote */
    }
    text[len] = '\0';
    token->kind = *from == '"' ? SCOPE_TOKEN_NAME : SCOPE_TOKEN_TEXT;
    token->text = text;
    lexer->next = to + 1;
    return 0;
}

static int take_sign(struct scope_lexer *lexer, struct scope_token *token, struct lt_error *reterr)
{
    static const char *const signs[] = {"<=", ">=", "<>", "!=", "<", ">", "=", "(", ")", ","};
    for (size_t i = 0; i < LT_COUNT(signs); i++) {
        size_t len = strlen(signs[i]);
        if (strncmp(lexer->next, signs[i], len) == 0) {
            token->kind = SCOPE_TOKEN_SIGN;
            token->text = strcmp(signs[i], "!=") == 0 ? "<>" : signs[i];
            lexer->next += len;
            return 0;
        }
    }
    return scope_fail_at(token->at, reterr, "unexpected character");
}

int scope_lexer_next(struct scope_lexer *lexer, struct scope_token *ret, struct lt_error *reterr)
{
    lexer->next += strspn(lexer->next, " \t\r\n");
    *ret = (struct scope_token){.text = "", .at = position(lexer)};
    char c = *lexer->next;
    if (c == '\0')
        return 0;
    if (is_letter(c)) {
        take_word(lexer, ret);
        return 0;
    }
    if (is_digit(c) || c == '-')
        return take_number(lexer, ret, reterr);
    if (c == '\'' || c == '"')
        return take_quoted(lexer, ret, reterr);
    return take_sign(lexer, ret, reterr);
}

bool scope_is_plain_name(const char *name)
{
    static const char *const keywords[] = {"and",  "or",   "not",     "in",   "is",
                                           "null", "like", "between", "true", "false"};
    if (!is_letter(*name))
        return false;
    for (const char *at = name; *at; at++)
        if (!is_letter(*at) && !is_digit(*at))
            return false;
    for (size_t i = 0; i < LT_COUNT(keywords); i++)
        if (strcasecmp(name, keywords[i]) == 0)
            return false;
    return true;
}
