/* What was signed for a ledger, its epochs, and what the check of it found; see ledger.h. */
#include "proto/admin/ledger.h"

#include "message.h"

#include <stdlib.h>

static void walk_checkpoint(struct walk *walk, void *message)
{
    struct control_checkpoint *checkpoint = message;
    WALK_TEXT(walk, "vendor", checkpoint->vendor);
    WALK_TEXT(walk, "origin", checkpoint->origin);
    walk_number(walk, "size", &checkpoint->size);
    WALK_TEXT(walk, "root", checkpoint->root);
    WALK_TEXT(walk, "note", checkpoint->note);
}

static void walk_epoch(struct walk *walk, void *element)
{
    struct control_epoch *epoch = element;
    walk_number(walk, "epoch", &epoch->epoch);
    WALK_TEXT(walk, "origin", epoch->origin);
    walk_number(walk, "leaves", &epoch->leaves);
    walk_number(walk, "signed_size", &epoch->signed_size);
    walk_seconds(walk, "first", &epoch->first);
    walk_seconds(walk, "last", &epoch->last);
    walk_switch(walk, "newest", &epoch->newest);
}

static void walk_epochs(struct walk *walk, void *message)
{
    struct control_epochs *epochs = message;
    WALK_TEXT(walk, "vendor", epochs->vendor);
    WALK_ARRAY(walk, "epochs", epochs->epochs, epochs->count, walk_epoch);
    walk_number(walk, "next", &epochs->next);
}

static void walk_finding(struct walk *walk, void *element)
{
    struct control_finding *finding = element;
    WALK_TEXT(walk, "message", finding->message);
    walk_switch(walk, "not_signed", &finding->not_signed);
}

static void walk_verified(struct walk *walk, void *message)
{
    struct control_verified *verified = message;
    WALK_TEXT(walk, "vendor", verified->vendor);
    WALK_TEXT(walk, "origin", verified->origin);
    WALK_TEXT(walk, "stage", verified->stage);
    walk_number(walk, "looked_at", &verified->looked_at);
    walk_number(walk, "total", &verified->total);
    walk_switch(walk, "finished", &verified->finished);
    walk_number(walk, "next_epoch", &verified->next_epoch);
    WALK_TEXT(walk, "position", verified->position);
    WALK_ARRAY(walk, "findings", verified->findings, verified->finding_count, walk_finding);
}

MESSAGE(checkpoint)
MESSAGE(epochs)
MESSAGE(verified)
PLAIN_READER(checkpoint)
OWNING_READER(epochs)
OWNING_READER(verified)

void control_epochs_free(struct control_epochs *epochs)
{
    free(epochs->epochs);
    *epochs = (struct control_epochs){0};
}

void control_verified_free(struct control_verified *verified)
{
    free(verified->findings);
    *verified = (struct control_verified){0};
}
