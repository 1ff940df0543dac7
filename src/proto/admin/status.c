/* What a host is and has done; see status.h. */
#include "proto/admin/status.h"

#include "message.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

static void walk_ledger(struct walk *walk, void *element)
{
    struct control_ledger *ledger = element;
    WALK_TEXT(walk, "vendor", ledger->vendor);
    WALK_TEXT(walk, "origin", ledger->origin);
    walk_number(walk, "size", &ledger->size);
    walk_number(walk, "checkpoint_size", &ledger->checkpoint_size);
    WALK_TEXT(walk, "checkpoint_root", ledger->checkpoint_root);
    walk_number(walk, "revocations", &ledger->revocations);
    walk_seconds(walk, "newest", &ledger->newest);
    WALK_TEXT(walk, "trouble", ledger->trouble);
    WALK_TEXT(walk, "shown_origin", ledger->shown_origin);
    walk_number(walk, "shown_size", &ledger->shown_size);
    WALK_TEXT(walk, "command", ledger->command);
}

static void walk_denied(struct walk *walk, void *element)
{
    struct control_denied *denied = element;
    WALK_TEXT(walk, "code", denied->code);
    walk_number(walk, "count", &denied->count);
}

/* The one array that lies within its message. */
static void walk_all_denied(struct walk *walk, struct control_status *status)
{
    if (is_writing(walk)) {
        write_elements(walk, "denied", (char *)status->denied, status->denied_count, sizeof *status->denied,
                       walk_denied);
        return;
    }
    size_t count = 0;
    struct control_denied *denied = read_elements(walk, "denied", &count, sizeof *denied, walk_denied);
    if (count > CONTROL_DENIED_MAX)
        walk->failed = true;
    if (!walk->failed) {
        memcpy(status->denied, denied, count * sizeof *denied);
        status->denied_count = count;
    }
    free(denied);
}

static void walk_left_out(struct walk *walk, void *element)
{
    struct control_left_out *left_out = element;
    WALK_TEXT(walk, "vendor", left_out->vendor);
    WALK_TEXT(walk, "file", left_out->file);
    WALK_TEXT(walk, "code", left_out->code);
    walk_number(walk, "line", &left_out->line);
}

static void walk_status(struct walk *walk, void *message)
{
    struct control_status *status = message;
    WALK_TEXT(walk, "host", status->host);
    WALK_TEXT(walk, "version", status->version);
    walk_seconds(walk, "now", &status->now);
    walk_seconds(walk, "started", &status->started);
    walk_number(walk, "port", &status->port);
    WALK_ARRAY(walk, "ledgers", status->ledgers, status->ledger_count, walk_ledger);
    WALK_ARRAY(walk, "licenses", status->licenses, status->license_count, walk_license);
    walk_number(walk, "left_out_count", &status->left_out_count);
    WALK_FIXED(walk, "left_out", status->left_out, status->left_out_shown, walk_left_out);
    walk_reading(walk, &status->reading);
    walk_number(walk, "granted", &status->granted);
    walk_number(walk, "repeated", &status->repeated);
    walk_number(walk, "released", &status->released);
    walk_number(walk, "reclaimed", &status->reclaimed);
    walk_all_denied(walk, status);
    walk_number(walk, "batches", &status->batches);
    walk_number(walk, "signatures", &status->signatures);
    walk_number(walk, "largest_batch", &status->largest_batch);
    walk_number(walk, "queued", &status->queued);
    walk_number(walk, "log_dropped", &status->log_dropped);
    walk_switch(walk, "site_required", &status->site_required);
    walk_number(walk, "site_keys", &status->site_keys);
    walk_number(walk, "site_former", &status->site_former);
    walk_number(walk, "site_missing", &status->site_missing);
    walk_number(walk, "site_wrong", &status->site_wrong);
    walk_number(walk, "clocks_heard", &status->clocks_heard);
    walk_number(walk, "clocks_apart", &status->clocks_apart);
    WALK_TEXT(walk, "trouble", status->trouble);
}

MESSAGE(status)
OWNING_READER(status)

void control_status_free(struct control_status *status)
{
    free(status->ledgers);
    free(status->licenses);
    *status = (struct control_status){0};
}
