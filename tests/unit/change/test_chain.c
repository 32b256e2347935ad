/* The hash chain of a topic (architecture 7, D45.2).  The expected values were made with Python's
 * hashlib from the definition. */
#include "support/cm.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "change/chain.h"

static void is_chain(const struct lt_chain *chain, const char *expected)
{
    char hex[2 * LT_CHAIN_BYTES + 1];
    for (size_t i = 0; i < LT_CHAIN_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", chain->value[i]);
    assert_string_equal(hex, expected);
}

static void add(struct lt_chain *chain, const char *key, const char *value, const char *lt)
{
    lt_chain_add(chain, lt_bytes_text(key), lt_bytes_text(value), lt_bytes_text(lt));
}

static void follows_its_definition(void **state)
{
    (void)state;
    struct lt_chain chain;
    lt_chain_start(&chain, "stream.cn000981.1");
    is_chain(&chain, "ef4432fd453c24e6a93c216810176fdf1f6402b34ed65f6230d16089444687ae");
    add(&chain, "k", "v1", "insert 1 1 1/1 1.1");
    is_chain(&chain, "4eaeeaaca6df586261fc4c139827513b79d631c6bce1b343fab2321b140b04ba");
    add(&chain, "k", NULL, "delete 2 1 1/2 1.1");
    is_chain(&chain, "10a1490cf2f2236cbaf7c5bd5912b77e4564c4b9dd923fdb4cfcfe9c287a5144");
    add(&chain, "k", "", "x");
    is_chain(&chain, "19b94ba0464c5f2daf1c891addee9243678da81a478c4dc476584be27e4a3815");
}

static void tells_null_from_empty(void **state)
{
    (void)state;
    struct lt_chain null_value, empty_value;
    lt_chain_start(&null_value, "t");
    empty_value = null_value;
    add(&null_value, "k", NULL, "x");
    add(&empty_value, "k", "", "x");
    assert_memory_not_equal(null_value.value, empty_value.value, LT_CHAIN_BYTES);
}

/* Records of every size around the one up to which they are gathered, against the definition. */
static void long_records_are_hashed_as_short_ones(void **state)
{
    (void)state;
    static uint8_t value[2048];
    for (size_t len = 900; len < 1100; len++) {
        struct lt_chain chain;
        struct lt_buf all = {0};
        uint8_t expected[32];
        lt_chain_start(&chain, "t");
        memset(value, (int)len, len);
        lt_buf_add(&all, chain.value, LT_CHAIN_BYTES);
        lt_buf_add(&all, "\0\0\0\1k", 5);
        const uint8_t size[] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
        lt_buf_add(&all, size, sizeof size);
        lt_buf_add(&all, value, len);
        lt_buf_adds(&all, "insert 1");
        lt_sha256(lt_buf_bytes(&all), expected);
        lt_chain_add(&chain, lt_bytes_text("k"), lt_bytes(value, len), lt_bytes_text("insert 1"));
        assert_memory_equal(chain.value, expected, sizeof expected);
        lt_buf_fini(&all);
    }
}

static void is_set_from_32_bytes_only(void **state)
{
    (void)state;
    struct lt_chain chain, again;
    lt_chain_start(&chain, "t");
    assert_true(lt_chain_set(&again, lt_chain_bytes(&chain)));
    assert_memory_equal(chain.value, again.value, LT_CHAIN_BYTES);
    assert_false(lt_chain_set(&again, lt_bytes(chain.value, 31)));
    assert_false(lt_chain_set(&again, lt_bytes(NULL, 0)));
    assert_false(lt_chain_set(&again, lt_bytes(NULL, 32)));
}

static void sha256_matches_fips_180(void **state)
{
    (void)state;
    struct lt_chain digest;
    lt_sha256(lt_bytes_text("abc"), digest.value);
    is_chain(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    lt_sha256(lt_bytes_text(""), digest.value);
    is_chain(&digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void *run_chain(void *arg)
{
    struct lt_chain *chain = arg;
    lt_chain_start(chain, "stream.cn000981.1");
    for (int i = 0; i < 2000; i++)
        add(chain, "k", "v1", "insert 1 1 1/1 1.1");
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[4];
    struct lt_chain chains[4];
    for (size_t i = 0; i < LT_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_chain, &chains[i]), 0);
    for (size_t i = 0; i < LT_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 1; i < LT_COUNT(threads); i++)
        assert_memory_equal(chains[0].value, chains[i].value, LT_CHAIN_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_definition),
        cmocka_unit_test(tells_null_from_empty),
        cmocka_unit_test(long_records_are_hashed_as_short_ones),
        cmocka_unit_test(is_set_from_32_bytes_only),
        cmocka_unit_test(sha256_matches_fips_180),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
