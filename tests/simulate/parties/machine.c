/* A machine; see machine.h. */
#include "machine.h"

#include "core/rules/clock.h"
#include "files.h"
#include "must.h"
#include "world.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS "192.0.2.7"

seconds machine_clock(const struct machine *machine)
{
    return clock_bounded(machine->world->now + machine->clock_error);
}

static int64_t show_clock(void *context)
{
    return machine_clock(context);
}

static void expect(struct machine *machine, int code, const char *what)
{
    if (code != AVAL_OK)
        world_violated(machine->world, "machine %zu: %s: %s (%s)", machine->number, what, aval_code_name(code),
                       aval_last_message(machine->handle));
}

static void open_handle(struct machine *machine)
{
    const struct aval_hardware sources[] = {
        {"board", machine->hardware}, {"disk", machine->hardware}, {"net", machine->hardware}};
    const struct aval_options options = {
        .size = sizeof options,
        .state_folder = machine->folder,
        .timeout_ms = UINT_MAX, /* the world's monotonic clock leaps with each look at it */
        .transport = network_ask,
        .transport_context = machine,
        .now = show_clock,
        .now_context = machine,
        .hardware = sources,
        .hardware_count = 3,
    };
    expect(machine, aval_open(&options, &machine->handle), "open");
}

/* Of a vendor with an edition that is counted, that one's; else some begin with a counted product key. */
static enum product_key_mode first_mode(const struct machine *machine, const struct vendor *vendor)
{
    const bool counted = vendor->has_lab ? strcmp(machine->edition, EDITION_LAB) == 0 : machine->number % 3 == 2;
    return counted ? PRODUCT_KEY_COUNTED : PRODUCT_KEY_VOLUME;
}

/* Whether the key is there. Where files cannot be written, it is not. */
static bool install_key(struct machine *machine, const struct vendor *vendor, enum product_key_mode mode)
{
    char key[PRODUCT_KEY_TEXT_SIZE];
    vendor_product_key(vendor, machine->edition, mode, key);
    const int code = aval_key_install(machine->handle, key);
    if (code != AVAL_OK && !files_failed())
        expect(machine, code, "key install");
    return code == AVAL_OK;
}

static void install(struct machine *machine, const struct vendor *vendor)
{
    CLEANUP_BUFFER struct buffer document = buffer_make(NOTE_MAX);
    char vendor_key[VERIFIER_KEY_TEXT_SIZE];
    vendor_product(vendor, BEGINNING - DAY, &document);
    verifier_key_write(signing_key_verifier(vendor->key), vendor_key);
    expect(machine, aval_product_install(machine->handle, (const char *)document.data, document.size, vendor_key),
           "product install");
    (void)install_key(machine, vendor, first_mode(machine, vendor));
}

static void set_up(struct machine *machine)
{
    static const char *const hosts[] = {"kms.uni.example:8216"};
    struct world *const world = machine->world;
    open_handle(machine);
    for (size_t i = 0; i < world->vendor_count; i++)
        if (machine->uses[i])
            install(machine, &world->vendors[i]);
    expect(machine, aval_hosts_set(machine->handle, hosts, 1), "hosts set");
    if (world->host.site_key[0] != 0 && !machine->stranger)
        expect(machine, aval_site_key_set(machine->handle, world->host.site_key, strlen(world->host.site_key)),
               "site key");
}

static void name_folders(struct machine *machine)
{
    char name[32];
    snprintf(name, sizeof name, "m%zu", machine->number);
    must(path_join(machine->folder, machine->world->root, name));
    snprintf(name, sizeof name, "copy%zu", machine->number);
    must(path_join(machine->copy, machine->world->root, name));
}

static void begin(struct world *world, struct machine *machine, const char *edition)
{
    *machine = (struct machine){
        .world = world, .number = (size_t)(machine - world->machines), .edition = edition, .address = ADDRESS};
    name_folders(machine);
    snprintf(machine->hardware, sizeof machine->hardware, "hardware-%zu", machine->number);
}

void machine_join(struct world *world, struct machine *machine, const char *edition)
{
    begin(world, machine, edition);
    machine->uses[0] = true;
    set_up(machine);
}

void machine_begin(struct world *world, struct machine *machine)
{
    begin(world, machine, EDITION);
    const size_t first = world_draw(world, world->vendor_count);
    machine->uses[first] = true;
    for (size_t i = 0; i < world->vendor_count; i++)
        machine->uses[i] = machine->uses[i] || world_happens(world, 2);
    set_up(machine);
}

void machine_end(struct machine *machine)
{
    aval_close(machine->handle);
    machine->handle = NULL;
}

void machine_restart(struct machine *machine)
{
    machine_end(machine);
    open_handle(machine);
}

/* ---- what must be ---- */

static bool read_status(struct machine *machine, size_t vendor, struct aval_status *ret_status)
{
    struct world *const world = machine->world;
    *ret_status = (struct aval_status){.size = sizeof *ret_status};
    const int code = aval_status(machine->handle, world->vendors[vendor].product, ret_status);
    expect(machine, code, "status");
    return code == AVAL_OK;
}

bool machine_licensed(struct machine *machine, size_t vendor, struct aval_status *ret_status)
{
    return read_status(machine, vendor, ret_status) && ret_status->state == AVAL_LICENSED;
}

static bool is_revoked(const struct vendor *vendor, const char *license)
{
    for (size_t i = 0; i < vendor->license_count; i++)
        if (strcmp(vendor->licenses[i].id, license) == 0)
            return vendor->revoked[i];
    return false;
}

/* A lease in force is nobody's to take but the vendor's. */
static bool must_be_licensed(const struct machine *machine, size_t vendor)
{
    const struct standing *const standing = &machine->standings[vendor];
    const seconds now = machine_clock(machine);
    return standing->leased && standing->issued <= now && now < standing->expires &&
           !is_revoked(&machine->world->vendors[vendor], standing->license);
}

static void check_licensed(struct machine *machine, size_t vendor, const struct aval_status *status)
{
    const struct vendor *const of = &machine->world->vendors[vendor];
    const struct license *const license = vendor_find(of, status->license);
    if (machine->standings[vendor].given_back)
        world_violated(machine->world, "machine %zu: licensed for %s after it gave its seat back", machine->number,
                       of->name);
    const bool volume = license != NULL && license->mode != LICENSE_COUNTED;
    if (license == NULL || status->expires > license->not_after ||
        (volume && status->expires - status->issued > license->lease))
        world_violated(machine->world, "machine %zu: a lease beyond license %s", machine->number, status->license);
    if (machine_clock(machine) >= status->expires)
        world_violated(machine->world, "machine %zu: licensed after the end of its lease", machine->number);
}

static void check_one(struct machine *machine, size_t vendor, bool licensed, const struct aval_status *status)
{
    if (licensed)
        check_licensed(machine, vendor, status);
    else if (must_be_licensed(machine, vendor))
        world_violated(machine->world, "machine %zu: %s for %s, though its lease under %s runs on: %s", machine->number,
                       aval_state_name(status->state), machine->world->vendors[vendor].name,
                       machine->standings[vendor].license, aval_code_name(status->code));
}

bool machine_look(struct machine *machine, size_t vendor, struct aval_status *ret_status)
{
    const bool licensed = machine_licensed(machine, vendor, ret_status);
    check_one(machine, vendor, licensed, ret_status);
    return licensed;
}

void machine_check(struct machine *machine)
{
    struct aval_status status;
    for (size_t i = 0; i < machine->world->vendor_count; i++)
        if (machine->uses[i])
            (void)machine_look(machine, i, &status);
}

/* What libaval has by now is what it must have from now on. */
static bool observe(struct machine *machine, size_t vendor)
{
    struct standing *const standing = &machine->standings[vendor];
    struct aval_status status;
    if (!machine_look(machine, vendor, &status))
        return false;
    standing->leased = true;
    standing->issued = status.issued;
    standing->expires = status.expires;
    snprintf(standing->license, sizeof standing->license, "%s", status.license);
    return true;
}

/* ---- what it does ---- */

static void say_outcome(struct machine *machine, const char *what, size_t vendor, int code)
{
    struct world *const world = machine->world;
    const char *const words = aval_last_message(machine->handle);
    world_say(world, "machine %zu %s %s: %s%s%.120s", machine->number, what, world->vendors[vendor].name,
              aval_code_name(code), code == AVAL_OK ? "" : ": ", code == AVAL_OK ? "" : words);
    if (code == AVAL_INTERNAL || (code == AVAL_STATE_BROKEN && !files_failed()))
        world_violated(world, "machine %zu %s %s: %s", machine->number, what, world->vendors[vendor].name, words);
}

bool machine_ask(struct machine *machine, size_t vendor, bool force, int *ret_code)
{
    struct world *const world = machine->world;
    struct aval_report report = {.size = sizeof report};
    int code = aval_renew(machine->handle, world->vendors[vendor].product, force, &report);
    if (code == AVAL_COUNTED_ONLY || code == AVAL_VOLUME_ONLY) { /* its user types the key that the host speaks of */
        say_outcome(machine, "asks", vendor, code);
        if (install_key(machine, &world->vendors[vendor],
                        code == AVAL_COUNTED_ONLY ? PRODUCT_KEY_COUNTED : PRODUCT_KEY_VOLUME))
            code = aval_renew(machine->handle, world->vendors[vendor].product, 1, &report);
    }
    *ret_code = code;
    if (code == AVAL_OK && report.attempt_count == 0)
        return false; /* it was not due */
    machine->standings[vendor].given_back = false;
    say_outcome(machine, "asks", vendor, code);
    if (!observe(machine, vendor) && code == AVAL_OK)
        world_violated(world, "machine %zu: not licensed for %s after a renewal", machine->number,
                       world->vendors[vendor].name);
    world->granted += code == AVAL_OK;
    return true;
}

static void renew_one(struct machine *machine, size_t vendor, bool force)
{
    int code;
    if (!machine->standings[vendor].parked)
        (void)machine_ask(machine, vendor, force, &code);
}

void machine_renew(struct machine *machine, bool force)
{
    for (size_t i = 0; i < machine->world->vendor_count; i++)
        if (machine->uses[i])
            renew_one(machine, i, force);
}

void machine_give_back(struct machine *machine, size_t vendor)
{
    struct world *const world = machine->world;
    struct standing *const standing = &machine->standings[vendor];
    struct aval_report report = {.size = sizeof report};
    if (!machine->uses[vendor])
        return;
    const int code = aval_release(machine->handle, world->vendors[vendor].product, &report);
    say_outcome(machine, "releases at", vendor, code);
    if (code == AVAL_OK)
        *standing = (struct standing){.given_back = true, .parked = true};
    observe(machine, vendor);
}

/* ---- what is done to it ---- */

void machine_copy_state(struct machine *machine)
{
    files_copy(machine->folder, machine->copy);
    memcpy(machine->standings_of_copy, machine->standings, sizeof machine->standings);
    machine->has_copy = true;
}

void machine_restore_state(struct machine *machine)
{
    machine_end(machine);
    files_copy(machine->copy, machine->folder);
    memcpy(machine->standings, machine->standings_of_copy, sizeof machine->standings);
    open_handle(machine);
    machine_check(machine);
}

void machine_lose_state(struct machine *machine)
{
    machine_end(machine);
    files_remove_below(machine->folder);
    memset(machine->standings, 0, sizeof machine->standings);
    set_up(machine);
}

/* On other hardware a copied state is worth nothing. */
void machine_clone(const struct machine *machine, struct machine *clone)
{
    struct aval_status status;
    begin(machine->world, clone, machine->edition);
    memcpy(clone->uses, machine->uses, sizeof clone->uses);
    files_copy(machine->folder, clone->folder);
    open_handle(clone);
    for (size_t i = 0; i < machine->world->vendor_count; i++)
        if (clone->uses[i] && machine_licensed(clone, i, &status))
            world_violated(machine->world, "machine %zu: licensed by the state of machine %zu", clone->number,
                           machine->number);
}
