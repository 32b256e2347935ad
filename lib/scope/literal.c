#include "scope/literal.h"

#include <string.h>
#include <strings.h>

#include "avro/span.h"

static bool is_word(const struct scope_token *token, const char *word)
{
    return token->kind == SCOPE_TOKEN_WORD && strcasecmp(token->text, word) == 0;
}

/* The one spelling of a number: no zero in front, none at the end behind the point, no point
 * without digits, no minus before zero. */
static char *normal_number(const char *text, struct lt_arena *arena)
{
    bool negative = *text == '-';
    const char *whole = text + negative + strspn(text + negative, "0");
    size_t whole_len = strspn(whole, "0123456789");
    const char *fraction = whole[whole_len] == '.' ? whole + whole_len + 1 : "";
    size_t fraction_len = strlen(fraction);
    while (fraction_len > 0 && fraction[fraction_len - 1] == '0')
        fraction_len--;
    bool zero = whole_len == 0 && fraction_len == 0;
    return lt_arena_printf(arena, "%s%s%.*s%s%.*s", negative && !zero ? "-" : "",
                           whole_len == 0 ? "0" : "", (int)whole_len, whole,
                           fraction_len ? "." : "", (int)fraction_len, fraction);
}

/* ISO 8601's T and Z, as PostgreSQL writes them: a blank and +00. */
static char *normal_time(const char *text, struct lt_arena *arena)
{
    size_t len = strlen(text);
    bool zulu = len > 0 && text[len - 1] == 'Z';
    char *normal = lt_arena_printf(arena, "%.*s%s", (int)(len - zulu), text, zulu ? "+00" : "");
    if (len > 10 && normal[10] == 'T')
        normal[10] = ' ';
    return normal;
}

/* The token's text as PostgreSQL would write a value of the type; NULL: wrong sort of literal. */
static const char *postgres_text(const struct scope_column *column,
                                 const struct scope_token *token,
                                 struct lt_arena *arena)
{
    switch (column->type.wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
    case LT_WIRE_DECIMAL:
        return token->kind == SCOPE_TOKEN_NUMBER ? normal_number(token->text, arena) : NULL;
    case LT_WIRE_BOOLEAN:
        return is_word(token, "true") ? "t" : is_word(token, "false") ? "f" : NULL;
    case LT_WIRE_TIMESTAMP:
    case LT_WIRE_LOCAL_TIME:
        return token->kind == SCOPE_TOKEN_TEXT ? normal_time(token->text, arena) : NULL;
    default:
        return token->kind == SCOPE_TOKEN_TEXT ? token->text : NULL;
    }
}

static const char *wanted(const struct scope_column *column)
{
    switch (column->type.wire) {
    case LT_WIRE_INT:
    case LT_WIRE_LONG:
    case LT_WIRE_DECIMAL:
        return "a number";
    case LT_WIRE_BOOLEAN:
        return "true or false";
    default:
        return "a 'text'";
    }
}

static int wrong_sort(const struct scope_column *column,
                      const struct scope_token *token,
                      struct lt_error *reterr)
{
    if (is_word(token, "null"))
        return scope_fail_at(token->at, reterr, "NULL is no literal; use IS NULL");
    return scope_fail_at(token->at, reterr, "a %s takes %s here", column->type.sql, wanted(column));
}

int scope_literal_parse(const struct scope_column *column,
                        const struct scope_token *token,
                        struct lt_arena *arena,
                        struct scope_value *ret,
                        struct lt_error *reterr)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf avro = {0};
    struct lt_error why = {0};
    const char *text = postgres_text(column, token, arena);
    if (!text)
        return wrong_sort(column, token, reterr);
    if (lt_type_encode(&column->type, lt_bytes_text(text), &avro, &why) < 0)
        return scope_fail_at(token->at, reterr, "%s", why.msg);
    const void *kept = lt_arena_dup(arena, avro.data, avro.len);
    int rc = scope_value_read(column, lt_bytes(kept, avro.len), ret);
    lt_assert(rc == 0);
    return 0;
}

static void put_quoted(struct lt_bytes text, struct lt_buf *out)
{
    lt_buf_addc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\'')
            lt_buf_addc(out, '\'');
        lt_buf_addc(out, text.data[i]);
    }
    lt_buf_addc(out, '\'');
}

/* The Avro bytes of the value again. */
static void
put_avro(const struct scope_column *column, struct scope_value value, struct lt_buf *out)
{
    if (column->class == SCOPE_NUMBER)
        lt_avro_put_long(out, value.number);
    else
        lt_avro_put_bytes(out, value.bytes);
}

void scope_literal_format(const struct scope_column *column,
                          struct scope_value value,
                          struct lt_buf *out)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf avro = {0};
    LT_CLEANUP(lt_buf_fini) struct lt_buf text = {0};
    if (column->type.wire == LT_WIRE_BOOLEAN) {
        lt_buf_adds(out, value.number ? "true" : "false");
        return;
    }
    put_avro(column, value, &avro);
    int rc = lt_type_decode(&column->type, lt_buf_bytes(&avro), &text, NULL);
    lt_assert(rc == 0);
    if (strcmp(wanted(column), "a number") == 0)
        lt_buf_add(out, text.data, text.len);
    else
        put_quoted(lt_buf_bytes(&text), out);
}

int scope_prefix_parse(const struct scope_column *column,
                       const struct scope_token *token,
                       struct lt_arena *arena,
                       struct scope_value *ret,
                       struct lt_error *reterr)
{
    if (column->type.wire != LT_WIRE_TEXT || column->class != SCOPE_TEXT)
        return scope_fail_at(token->at, reterr, "LIKE is for texts, not for a %s",
                             column->type.sql);
    if (token->kind != SCOPE_TOKEN_TEXT)
        return scope_fail_at(token->at, reterr, "LIKE takes 'prefix%%'");
    uint8_t *prefix = lt_arena_alloc(arena, strlen(token->text) + 1);
    size_t len = 0;
    const char *at = token->text;
    for (; *at && *at != '%'; at++) {
        if (*at == '_' || (*at == '\\' && *++at == '\0'))
            break;
        prefix[len++] = (uint8_t)*at;
    }
    if (strcmp(at, "%") != 0)
        return scope_fail_at(token->at, reterr,
                             "LIKE takes 'prefix%%' only (\\ before a literal %%, _ or \\)");
    *ret = (struct scope_value){.bytes = lt_bytes(prefix, len)};
    return 0;
}

void scope_prefix_format(struct scope_value prefix, struct lt_buf *out)
{
    LT_CLEANUP(lt_buf_fini) struct lt_buf pattern = {0};
    for (size_t i = 0; i < prefix.bytes.len; i++) {
        uint8_t c = prefix.bytes.data[i];
        if (c == '%' || c == '_' || c == '\\')
            lt_buf_addc(&pattern, '\\');
        lt_buf_addc(&pattern, c);
    }
    lt_buf_addc(&pattern, '%');
    put_quoted(lt_buf_bytes(&pattern), out);
}
