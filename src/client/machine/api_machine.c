/* The public functions about who this machine is: what is seen of it, and what it is to each vendor. */
#include "base/sentences.h"
#include "machine/hardware/hardware.h"
#include "machine/identity.h"
#include "state/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sources ---- */

static const struct use_words {
    const char *word;
    const char *why;
} uses[] = {
    [SOURCE_USED] = {"used", N_("counts")},
    [SOURCE_UNREADABLE] = {"unreadable", N_("this user may not read it")},
    [SOURCE_EMPTY] = {"empty", N_("nothing stands there")},
    [SOURCE_REPEATS] = {"repeats", N_("known to repeat")},
    [SOURCE_PLUGGED] = {"plugged", N_("can be pulled out: USB, Thunderbolt, a dock or a card")},
    [SOURCE_SHARED] = {"shared", N_("across a network, where other machines see it too")},
    [SOURCE_VIRTUAL] = {"virtual", N_("made by software, without a device of its own")},
    [SOURCE_ASSIGNED] = {"assigned", N_("the address is not the card's own: software gave it")},
    [SOURCE_SURPLUS] = {"surplus", N_("others of its kind suffice")},
    [SOURCE_DISPLACED] = {"displaced", N_("who this machine is was handed in, and counts alone")},
};

struct showing {
    int (*each)(void *context, const struct aval_source *source);
    void *context;
    const struct hardware_sources *used;
    bool displaced;
    bool stopped;
};

enum { WHY_SIZE = 256 };

static void say_why(const struct source_seen *seen, enum source_use use, char ret_why[static WHY_SIZE])
{
    const char *const at = use == SOURCE_REPEATS ? value_repeats_at(seen->kind, seen->value) : NULL;
    snprintf(ret_why, WHY_SIZE, "%s%s%s", _(uses[use].why), at != NULL ? ": " : "", at != NULL ? _(at) : "");
}

static void show(struct showing *showing, const struct source_seen *seen, enum source_use use)
{
    char why[WHY_SIZE];
    say_why(seen, use, why);
    const struct aval_source source = {
        .size = sizeof source,
        .kind = seen->kind,
        .place = seen->place,
        .value = seen->value,
        .use = uses[use].word,
        .why = why,
    };
    if (!showing->stopped)
        showing->stopped = showing->each(showing->context, &source) != 0;
}

static void show_seen(void *context, const struct source_seen *seen)
{
    struct showing *const showing = context;
    enum source_use use = seen->use;
    if (use == SOURCE_USED && showing->displaced)
        use = SOURCE_DISPLACED;
    else if (use == SOURCE_USED && !hardware_sources_have(showing->used, seen->kind, seen->value))
        use = SOURCE_SURPLUS;
    show(showing, seen, use);
}

int aval_sources(aval_machine *machine, int (*each)(void *context, const struct aval_source *source), void *context)
{
    struct hardware_sources used;
    machine_hardware(machine, &used);
    struct showing showing = {.each = each, .context = context, .used = &used, .displaced = machine->own_hardware};
    for (size_t i = 0; machine->own_hardware && i < used.count; i++)
        show(&showing, &(struct source_seen){used.sources[i].kind, "", used.sources[i].value, SOURCE_USED},
             SOURCE_USED);
    hardware_look("", show_seen, &showing);
    return machine_finish(machine, RESULT_OK, NULL);
}

/* ---- identities ---- */

struct listing {
    aval_machine *machine;
    int (*each)(void *context, const struct aval_identity *identity);
    void *context;
    bool stopped;
    struct result broken;
    struct reason *reason;
};

static void list(struct listing *listing, const char *vendor, const struct identity *identity)
{
    char id[MACHINE_ID_TEXT_SIZE];
    struct hardware_sources sources;
    struct hardware now;
    struct hardware unreadable;
    machine_hardware(listing->machine, &sources);
    hardware_digest(&sources, identity->salt, &now);
    hardware_unreadable(&sources, &unreadable);
    machine_id_write(&identity->id, id);
    const struct hardware then = hardware_readable(&identity->hardware, &unreadable);
    const struct aval_identity told = {
        .size = sizeof told,
        .vendor = vendor,
        .machine_id = id,
        .folder = listing->machine->folder,
        .created = identity->created,
        .described = (unsigned)hardware_kind_count(&then),
        .equal = (unsigned)hardware_equal_count(&then, &now),
        .least = (unsigned)hardware_equal_least(&then),
        .is_this = identity_is_of(identity, &sources) ? 1 : 0,
    };
    listing->stopped = listing->each(listing->context, &told) != 0;
}

/* Of a file's name: VENDOR, or VENDOR+N. */
static unsigned split_place(const char *name, char ret_vendor[static NAME_SIZE])
{
    const size_t size = strcspn(name, "+");
    snprintf(ret_vendor, NAME_SIZE, "%.*s", (int)(size < NAME_SIZE ? size : 0), name);
    return name[size] == '+' ? (unsigned)strtoul(name + size + 1, NULL, 10) : 0;
}

static RESULT list_vendor(void *context, const char *name)
{
    struct listing *const listing = context;
    char vendor[NAME_SIZE];
    const unsigned place = split_place(name, vendor);
    struct identity identity;
    struct reason words = {.text = ""};
    bool found = false;
    if (listing->stopped)
        return RESULT_OK;
    const struct result loaded = identity_load_at(listing->machine, vendor, place, &identity, &found, &words);
    if (result_code(loaded) == ERR_STATE_BROKEN)
        listing->broken = reason_say(listing->reason, loaded, "%s", words.text);
    else if (!is_ok(loaded))
        return reason_say(listing->reason, loaded, "%s", words.text);
    else if (found)
        list(listing, vendor, &identity);
    return RESULT_OK;
}

/* In the folder in which the handle works. */
static RESULT list_here(struct listing *listing)
{
    char folder[PATH_SIZE];
    TRY(path_join(folder, listing->machine->folder, FOLDER_MACHINES));
    return kept_list(folder, list_vendor, listing, listing->reason);
}

int aval_identities(aval_machine *machine, int (*each)(void *context, const struct aval_identity *identity),
                    void *context)
{
    struct reason reason = {.text = ""};
    struct listing listing = {
        .machine = machine, .each = each, .context = context, .broken = RESULT_OK, .reason = &reason};
    struct result outcome = RESULT_OK;
    if (machine->system[0] != 0) {
        state_use(machine, "");
        outcome = list_here(&listing);
    }
    state_use_own(machine);
    if (is_ok(outcome))
        outcome = list_here(&listing);
    return machine_finish(machine, is_ok(outcome) ? listing.broken : outcome, &reason);
}
