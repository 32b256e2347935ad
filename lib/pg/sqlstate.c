#include "pg/sqlstate.h"

#include <string.h>

/* The longest prefix counts; the table is in that order. */
static const struct {
    const char *prefix;
    enum lt_err_class class;
    bool quotes_data;
} rules[] = {
    {"55P03", LT_ERR_ABORT, false}, /* lock not available */
    {"57014", LT_ERR_ABORT, false}, /* query canceled */
    {"25006", LT_ERR_RETRY, false}, /* read-only transaction: a standby */
    {"08P01", LT_ERR_FATAL, false}, /* protocol violation */
    {"53400", LT_ERR_FATAL, false}, /* configuration limit exceeded */
    {"08", LT_ERR_RETRY, false},    /* connection */
    {"21", LT_ERR_REJECT, true},    /* cardinality */
    {"22", LT_ERR_REJECT, true},    /* data */
    {"23", LT_ERR_REJECT, true},    /* integrity */
    {"25", LT_ERR_ABORT, false},    /* transaction state */
    {"40", LT_ERR_ABORT, false},    /* rolled back: serialization, deadlock */
    {"44", LT_ERR_REJECT, true},    /* WITH CHECK OPTION */
    {"53", LT_ERR_RETRY, false},    /* resources */
    {"54", LT_ERR_REJECT, true},    /* program limit */
    {"55", LT_ERR_RETRY, false},    /* object in use, not in the needed state */
    {"57", LT_ERR_RETRY, false},    /* shutdown, crash, starting up */
    {"58", LT_ERR_RETRY, false},    /* system */
    {"P0", LT_ERR_REJECT, true},    /* raised by a trigger */
};

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

int lt_sqlstate(const char *five)
{
    if (five == NULL || strlen(five) != 5) {
        return 0;
    }
    int code = 0;
    for (int i = 0; i < 5; i++) {
        if (digit(five[i]) < 0) {
            return 0;
        }
        code = code * 36 + digit(five[i]);
    }
    return code;
}

void lt_sqlstate_text(int code, char ret[6])
{
    for (int i = 4; i >= 0; i--) {
        ret[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[code % 36];
        code /= 36;
    }
    ret[5] = '\0';
}

enum lt_err_class lt_sqlstate_class(const char *five)
{
    for (size_t i = 0; five != NULL && i < LT_COUNT(rules); i++) {
        if (strncmp(five, rules[i].prefix, strlen(rules[i].prefix)) == 0) {
            return rules[i].class;
        }
    }
    return LT_ERR_FATAL;
}

bool lt_sqlstate_quotes_data(const char *five)
{
    for (size_t i = 0; five != NULL && i < LT_COUNT(rules); i++) {
        if (strncmp(five, rules[i].prefix, strlen(rules[i].prefix)) == 0) {
            return rules[i].quotes_data;
        }
    }
    return false;
}
