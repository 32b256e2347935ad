/*
 * Topics that refuse what a lane writes (unknown, unauthorised, too large, silent while others
 * answer), so that they stop only those who need them (architecture 4.3).
 *
 * A stream's topic: that stream is HELD, technical.  An inbox: nothing can be told to that
 * application, so all its streams are HELD, technical, and nothing is written into the inbox for
 * the technical pause.  Then the lane starts over, which repeats the inbox records of all streams
 * owned (protocol 4.6): what could not be told is told, or the inbox refuses again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "routing/shell.h"

static void mute(struct lt_shell *shell, const char *inbox)
{
    shell->mutes = lt_realloc(shell->mutes, (shell->mute_count + 1) * sizeof(struct lt_shell_mute));
    struct lt_shell_mute *entry = &shell->mutes[shell->mute_count++];
    snprintf(entry->inbox, sizeof(entry->inbox), "%s", inbox);
    entry->until_ms = lt_monotonic_ms() + shell->conf->technical_pause_ms;
    shell->terms_version++;
}

void lt_shell_eject(struct lt_shell *shell, const char *topic, const struct lt_error *how)
{
    bool inbox = strncmp(topic, "inbox.", 6) == 0;
    if ((!inbox && strncmp(topic, "stream.", 7) != 0) || (inbox && lt_shell_is_muted(shell, topic)))
        return;
    lt_log_error(LT_LOG_ERROR, "topic_ejected", how, "topic", topic, NULL);
    if (inbox)
        mute(shell, topic);
    else
        lt_lane_eject(shell->lane, topic + strlen("stream."));
}

bool lt_shell_is_muted(const struct lt_shell *shell, const char *inbox)
{
    for (size_t i = 0; i < shell->mute_count; i++)
        if (strcmp(shell->mutes[i].inbox, inbox) == 0)
            return true;
    return false;
}

int lt_shell_unmute(struct lt_shell *shell, struct lt_error *reterr)
{
    for (size_t i = 0; i < shell->mute_count; i++) {
        struct lt_shell_mute over = shell->mutes[i];
        if (over.until_ms > lt_monotonic_ms())
            continue;
        shell->mutes[i] = shell->mutes[--shell->mute_count];
        shell->terms_version++;
        return lt_fail(reterr, LT_ERR_ABORT, "routing", 0, "topic %s is tried again", over.inbox);
    }
    return 0;
}
