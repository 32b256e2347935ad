/*
 * The whole line when it only copies (copy_line.h), behind the same feed.
 *
 *   bench_copy make DSN
 *   bench_copy route BROKERS CA CERT KEY FROM OFFSET COUNT BATCH TO
 *   bench_copy apply BROKERS CA CERT KEY FROM OFFSET COUNT BATCH DSN
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/copy_line.h"

int main(int argc, char **argv)
{
    struct meter meter = {0};
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        copy_make(argv[2]);
        return 0;
    }
    if (argc != 11) {
        fprintf(stderr, "usage: bench_copy make DSN | route|apply BROKERS CA CERT KEY FROM OFFSET"
                        " COUNT BATCH TO|DSN\n");
        return 64;
    }
    const struct copy_from from = {.bus = {.brokers = argv[2],
                                           .ca_file = argv[3],
                                           .cert_file = argv[4],
                                           .key_file = argv[5],
                                           .client_id = "bench.copy",
                                           .transaction_ms = 60000},
                                   .topic = argv[6],
                                   .offset = strtoll(argv[7], NULL, 10),
                                   .count = bench_number(argv[8])};
    size_t batch = (size_t)bench_number(argv[9]);
    if (strcmp(argv[1], "route") == 0) {
        copy_route(&from, argv[10], batch, &meter);
    } else {
        copy_apply(&from, argv[10], batch, &meter);
    }
    meter_print(&meter);
    return 0;
}
