/* Machines: lists of them, one with all that is known of it, and blocking it; see machines.h. */
#include "proto/admin/machines.h"

#include "message.h"
#include "shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void walk_datum(struct walk *walk, void *element)
{
    struct about_datum *datum = element;
    WALK_TEXT(walk, "key", datum->key);
    WALK_TEXT(walk, "value", datum->value);
}

static void walk_machine(struct walk *walk, void *element)
{
    struct control_machine *machine = element;
    WALK_TEXT(walk, "machine", machine->machine);
    WALK_TEXT(walk, "license", machine->license);
    WALK_TEXT(walk, "vendor", machine->vendor);
    WALK_TEXT(walk, "product", machine->product);
    WALK_TEXT(walk, "edition", machine->edition);
    walk_switch(walk, "holding", &machine->holding);
    walk_switch(walk, "counted", &machine->counted);
    walk_seconds(walk, "first_request", &machine->first_request);
    walk_seconds(walk, "last_request", &machine->last_request);
    walk_number(walk, "requests", &machine->requests);
    walk_seconds(walk, "issued", &machine->issued);
    walk_seconds(walk, "ends", &machine->ends);
    walk_seconds(walk, "expires", &machine->expires);
    walk_switch(walk, "released", &machine->released);
    walk_switch(walk, "reclaimed", &machine->reclaimed);
    walk_number(walk, "leaf", &machine->leaf);
    WALK_TEXT(walk, "last_denial", machine->last_denial);
    WALK_TEXT(walk, "address", machine->address);
    walk_switch(walk, "blocked", &machine->blocked);
    walk_seconds(walk, "blocked_since", &machine->blocked_since);
    WALK_TEXT(walk, "blocked_reason", machine->blocked_reason);
    WALK_TEXT(walk, "label", machine->label);
    walk_seconds(walk, "told", &machine->told);
    WALK_TEXT(walk, "name", machine->says.name);
    WALK_TEXT(walk, "version", machine->says.version);
    WALK_FIXED(walk, "data", machine->says.data, machine->says.data_count, walk_datum);
}

static void walk_machines(struct walk *walk, void *message)
{
    struct control_machines *machines = message;
    walk_seconds(walk, "now", &machines->now);
    WALK_ARRAY(walk, "machines", machines->machines, machines->count, walk_machine);
    WALK_TEXT(walk, "next", machines->next);
}

static void walk_detail(struct walk *walk, void *message)
{
    struct control_detail *detail = message;
    walk_seconds(walk, "now", &detail->now);
    WALK_TEXT(walk, "machine", detail->machine);
    walk_switch(walk, "blocked", &detail->blocked);
    walk_seconds(walk, "blocked_since", &detail->blocked_since);
    WALK_TEXT(walk, "blocked_reason", detail->blocked_reason);
    WALK_ARRAY(walk, "licenses", detail->machines, detail->machine_count, walk_machine);
    WALK_ARRAY(walk, "denials", detail->denials, detail->denial_count, walk_denial);
}

static void walk_block(struct walk *walk, void *message)
{
    struct control_block *block = message;
    WALK_TEXT(walk, "reason", block->reason);
}

static void walk_label(struct walk *walk, void *message)
{
    struct control_label *label = message;
    WALK_TEXT(walk, "label", label->label);
}

static void walk_why(struct walk *walk, void *message)
{
    struct control_why *why = message;
    WALK_TEXT(walk, "machine", why->machine);
    WALK_TEXT(walk, "license", why->license);
    WALK_TEXT(walk, "code", why->code);
    WALK_TEXT(walk, "sentence", why->sentence);
    walk_seconds(walk, "until", &why->until);
    walk_switch(walk, "blocked", &why->blocked);
    walk_seconds(walk, "blocked_since", &why->blocked_since);
    WALK_TEXT(walk, "blocked_reason", why->blocked_reason);
}

static void walk_reclaim(struct walk *walk, void *message)
{
    struct control_reclaim *reclaim = message;
    WALK_TEXT(walk, "license", reclaim->license);
}

static const char *const outcomes[] = {"free", "first", "later", "again"};

static void walk_outcome(struct walk *walk, enum control_reclaim_outcome *outcome)
{
    char name[NAME_SIZE] = "";
    if (is_writing(walk))
        snprintf(name, sizeof name, "%s", outcomes[*outcome]);
    WALK_TEXT(walk, "outcome", name);
    if (is_writing(walk) || walk->failed)
        return;
    walk->failed = true;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (strcmp(outcomes[i], name) == 0) {
            *outcome = (enum control_reclaim_outcome)i;
            walk->failed = false;
        }
}

static void walk_reclaimed(struct walk *walk, void *message)
{
    struct control_reclaimed *reclaimed = message;
    WALK_TEXT(walk, "machine", reclaimed->machine);
    WALK_TEXT(walk, "license", reclaimed->license);
    walk_outcome(walk, &reclaimed->outcome);
    walk_seconds(walk, "reclaimed", &reclaimed->reclaimed);
    walk_seconds(walk, "lease_ends", &reclaimed->lease_ends);
    walk_seconds(walk, "seat_until", &reclaimed->seat_until);
    walk_number(walk, "used", &reclaimed->used);
    walk_number(walk, "allowed", &reclaimed->allowed);
    WALK_TEXT(walk, "origin", reclaimed->origin);
    walk_number(walk, "leaf", &reclaimed->leaf);
}

MESSAGE(machines)
MESSAGE(detail)
MESSAGE(block)
MESSAGE(label)
MESSAGE(why)
MESSAGE(reclaim)
MESSAGE(reclaimed)
OWNING_READER(machines)
OWNING_READER(detail)
PLAIN_READER(block)
PLAIN_READER(label)
PLAIN_READER(why)
PLAIN_READER(reclaim)
PLAIN_READER(reclaimed)

void control_machines_free(struct control_machines *machines)
{
    free(machines->machines);
    *machines = (struct control_machines){0};
}

void control_detail_free(struct control_detail *detail)
{
    free(detail->machines);
    free(detail->denials);
    *detail = (struct control_detail){0};
}
