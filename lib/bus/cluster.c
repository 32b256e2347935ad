#include "bus/bus.h"

#include <stdio.h>
#include <string.h>

bool lt_cluster_is_another(char known[LT_CLUSTER_ID_MAX], const char *id)
{
    if (id[0] == '\0') {
        return false;
    }
    if (known[0] == '\0') {
        snprintf(known, LT_CLUSTER_ID_MAX, "%s", id);
    }
    return strcmp(known, id) != 0;
}
