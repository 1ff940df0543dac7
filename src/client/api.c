/* The public functions: arguments in, one call of the rooms behind, code and message out. See aval.h. */
#include <aval/aval.h>

#include "activation/activation.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "hosts/candidates.h"
#include "hosts/list.h"
#include "machine/environment.h"
#include "machine/place.h"
#include "release/formers.h"
#include "release/release.h"
#include "state/evidence.h"
#include "state/folder.h"
#include "state/installation.h"
#include "state/product_keys.h"
#include "status.h"
#include "transport/transport.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes of the first versions of the structs: no caller can have less. */
enum { STATUS_LEAST = sizeof(size_t) + sizeof(enum aval_state) + sizeof(int) };
#define OPTIONS_LEAST offsetof(struct aval_options, timeout_ms)
#define REPORT_LEAST  offsetof(struct aval_report, attempts)

/* Opening */

#define IDENTITY_VARIABLE "AVAL_MACHINE_ID"

static RESULT take_identity(aval_machine *machine, const char *identity, const char *from, struct reason *reason)
{
    struct reason why = {.text = ""};
    const struct result outcome = machine_hand_in(machine, identity, &why);
    return is_ok(outcome) ? outcome : reason_say(reason, outcome, "%s%s%s", from, from[0] != 0 ? ": " : "", why.text);
}

/* The product's own word goes before that of the environment. One that is there and no good is an error, since the
 * hardware below a container, in its place, would make one machine of all that are on it. */
static RESULT take_hardware(aval_machine *machine, const struct aval_options *options, struct reason *reason)
{
    const char *variable = environment_value(IDENTITY_VARIABLE);
    ENSURE(options->identity == NULL || options->hardware == NULL, USAGE);
    if (options->identity != NULL)
        return take_identity(machine, options->identity, "", reason);
    if (options->hardware == NULL)
        return variable != NULL ? take_identity(machine, variable, IDENTITY_VARIABLE, reason) : RESULT_OK;
    machine->own_hardware = true;
    for (size_t i = 0; i < options->hardware_count; i++) {
        const struct aval_hardware *source = &options->hardware[i];
        ENSURE(source->kind != NULL && source->value != NULL, USAGE);
        ENSURE(is_ok(hardware_sources_add(&machine->hardware, source->kind, source->value)), USAGE);
    }
    return RESULT_OK;
}

/* A list that is there and empty would believe nobody or everybody, depending on who reads it; so it is refused. */
static RESULT take_vendor_keys(aval_machine *machine, const struct aval_options *options)
{
    if (options->vendor_keys == NULL && options->vendor_key_count == 0)
        return RESULT_OK;
    ENSURE(options->vendor_keys != NULL && options->vendor_key_count > 0, USAGE);
    ENSURE(options->vendor_key_count <= PINNED_KEYS_MAX, USAGE);
    for (size_t i = 0; i < options->vendor_key_count; i++) {
        ENSURE(options->vendor_keys[i] != NULL, USAGE);
        TRY(verifier_key_read(slice_of(options->vendor_keys[i]), &machine->pinned[i]));
    }
    machine->pinned_count = options->vendor_key_count;
    return RESULT_OK;
}

/* A folder of the system's that this user may not look into is none to him. */
static RESULT take_folders(aval_machine *machine, const struct aval_options *options)
{
    if (options->state_folder == NULL)
        TRY(state_default_folders(machine->own, machine->system));
    else
        ENSURE(snprintf(machine->own, PATH_SIZE, "%s", options->state_folder) < PATH_SIZE, USAGE);
    ENSURE(machine->own[0] != 0, USAGE);
    if (machine->system[0] != 0 && !is_ok(state_check(machine->system, NULL)))
        machine->system[0] = 0;
    state_use_own(machine);
    return RESULT_OK;
}

static RESULT open_machine(const struct aval_options *given, aval_machine *machine, struct reason *reason)
{
    struct aval_options options = {0};
    if (given != NULL) {
        ENSURE(given->size >= OPTIONS_LEAST, USAGE);
        memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    }
    TRY(take_folders(machine, &options));
    machine->timeout_ms = options.timeout_ms != 0 ? options.timeout_ms : TIMEOUT_DEFAULT_MS;
    machine->transport = options.transport != NULL ? options.transport : transport_bundled();
    machine->transport_context = options.transport != NULL ? options.transport_context : NULL;
    machine->now = options.now;
    machine->now_context = options.now_context;
    TRY(take_hardware(machine, &options, reason));
    TRY(take_vendor_keys(machine, &options));
    return state_check(machine->own, reason);
}

/* There is no handle to keep it. */
static _Thread_local char open_message[AVAL_MESSAGE_SIZE];

static int open_failed(struct result why, const struct reason *reason)
{
    failure_text(why, reason_text(reason), open_message, sizeof open_message);
    return (int)result_code(why);
}

int aval_open(const struct aval_options *options, aval_machine **ret_machine)
{
    struct reason reason = {.text = ""};
    struct result outcome = secret_start();
    if (!is_ok(outcome))
        return open_failed(outcome, NULL);
    aval_machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL)
        return open_failed(FAIL(NO_MEMORY), NULL);
    outcome = open_machine(options, machine, &reason);
    if (!is_ok(outcome)) {
        free(machine);
        return open_failed(outcome, &reason);
    }
    open_message[0] = 0;
    *ret_machine = machine;
    return AVAL_OK;
}

void aval_close(aval_machine *machine)
{
    free(machine);
}

const char *aval_last_message(const aval_machine *machine)
{
    return machine == NULL ? open_message : machine->message;
}

const char *aval_version(void)
{
    return AVAL_VERSION;
}

const char *aval_feature(const struct aval_status *status, const char *feature)
{
    if (status == NULL || feature == NULL || status->size < offsetof(struct aval_status, why))
        return NULL;
    for (size_t i = 0; i < status->feature_count; i++)
        if (strcmp(status->features[i], feature) == 0)
            return status->feature_values[i];
    return NULL;
}

const char *aval_state_name(enum aval_state state)
{
    return machine_state_name((enum machine_state)state);
}

/* Set-up */

int aval_product_install(aval_machine *machine, const char *document, size_t document_size, const char *vendor_key)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, installation_add(machine, slice_make(document, document_size), vendor_key, &reason),
                          &reason);
}

int aval_product_vendor_key(aval_machine *machine, const char *product, char ret_vendor_key[AVAL_VENDOR_KEY_SIZE])
{
    struct reason reason = {.text = ""};
    struct verifier_key key;
    _Static_assert(VERIFIER_KEY_TEXT_SIZE <= AVAL_VENDOR_KEY_SIZE, "every key has room");
    installation_use(machine, product);
    const struct result outcome = installation_vendor_key(machine, product, &key, &reason);
    if (is_ok(outcome))
        verifier_key_write(&key, ret_vendor_key);
    return machine_finish(machine, outcome, &reason);
}

int aval_key_install(aval_machine *machine, const char *product_key)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, product_key_install(machine, product_key, &reason), &reason);
}

int aval_key_remove(aval_machine *machine, const char *suffix)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, product_key_remove(machine, suffix, &reason), &reason);
}

static RESULT set_hosts(aval_machine *machine, const char *const *hosts, size_t count, struct reason *reason)
{
    struct host_list list = {0};
    for (size_t i = 0; i < count; i++) {
        struct reason why = {.text = ""};
        const struct result added = host_list_add(&list, slice_of(hosts[i]), &why);
        if (result_code(added) == ERR_DOCUMENT_LIMIT)
            return reason_say(reason, FAIL(USAGE), _("at most 16 hosts"));
        if (!is_ok(added))
            return reason_say(reason, FAIL(USAGE), _("%.200s is no HOST[:PORT] (%s)"), hosts[i], why.text);
    }
    state_use_own(machine);
    TRY(hosts_configure(machine, &list, reason));
    return installation_end_waiting(machine, reason);
}

int aval_hosts_set(aval_machine *machine, const char *const *hosts, size_t count)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, set_hosts(machine, hosts, count, &reason), &reason);
}

static RESULT discover(aval_machine *machine, int (*each)(void *context, const struct aval_discovered *host),
                       void *context, struct reason *reason)
{
    struct service_list found;
    machine_begin_asking(machine);
    TRY(candidates_discover(machine, "", &found, reason));
    for (size_t i = 0; i < found.count; i++) {
        const struct aval_discovered host = {
            .size = sizeof host,
            .domain = found.domain,
            .host = found.services[i].address,
            .priority = found.services[i].priority,
            .weight = found.services[i].weight,
        };
        if (each(context, &host) != 0)
            break;
    }
    return RESULT_OK;
}

int aval_hosts_discover(aval_machine *machine, int (*each)(void *context, const struct aval_discovered *host),
                        void *context)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, discover(machine, each, context, &reason), &reason);
}

const char *aval_host(aval_machine *machine, size_t n)
{
    struct reason reason = {.text = ""};
    if (machine_finish(machine, hosts_configured(machine, &machine->hosts, &reason), &reason) != AVAL_OK)
        return NULL;
    return n < machine->hosts.count ? machine->hosts.addresses[n] : NULL;
}

/* Activation */

typedef RESULT errand(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason);

static RESULT activate(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason)
{
    return activation_run(machine, product, false, report, reason);
}

static RESULT renew(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason)
{
    return activation_run(machine, product, true, report, reason);
}

/* What is in force, and what former leases still hold. */
static RESULT give_back(aval_machine *machine, const char *product, struct aval_report *report, struct reason *reason)
{
    machine_begin_asking(machine);
    const struct result outcome = release_run(machine, product, report, reason);
    formers_release(machine, product);
    return outcome;
}

/* Runs it and hands out as much of the report as the caller has room for, also of a failure. */
static int run(errand *work, aval_machine *machine, const char *product, struct aval_report *ret_report)
{
    struct aval_report report = {.size = sizeof report};
    struct reason reason = {.text = ""};
    if (ret_report != NULL && ret_report->size < REPORT_LEAST)
        return machine_finish(machine, FAIL(USAGE), NULL);
    char only[PRODUCT_NAME_SIZE];
    struct result outcome = installation_meant(machine, &product, only, &reason);
    if (is_ok(outcome))
        outcome = work(machine, product, &report, &reason);
    if (ret_report != NULL) {
        const size_t size = ret_report->size < sizeof report ? ret_report->size : sizeof report;
        memcpy(ret_report, &report, size);
        ret_report->size = size;
    }
    return machine_finish(machine, outcome, &reason);
}

int aval_activate(aval_machine *machine, const char *product, struct aval_report *ret_report)
{
    return run(activate, machine, product, ret_report);
}

int aval_renew(aval_machine *machine, const char *product, int force, struct aval_report *ret_report)
{
    return run(force ? activate : renew, machine, product, ret_report);
}

int aval_release(aval_machine *machine, const char *product, struct aval_report *ret_report)
{
    return run(give_back, machine, product, ret_report);
}

/* Status */

int aval_status(aval_machine *machine, const char *product, struct aval_status *ret_status)
{
    struct aval_status status;
    struct reason reason = {.text = ""};
    if (ret_status->size < STATUS_LEAST)
        return machine_finish(machine, FAIL(USAGE), NULL);
    char only[PRODUCT_NAME_SIZE];
    struct result outcome = installation_meant(machine, &product, only, &reason);
    if (is_ok(outcome))
        outcome = status_work_out(machine, product, &status, &reason);
    if (is_ok(outcome)) {
        const size_t size = ret_status->size < sizeof status ? ret_status->size : sizeof status;
        memcpy(ret_status, &status, size);
        ret_status->size = size;
    }
    return machine_finish(machine, outcome, &reason);
}

struct listing {
    int (*each)(void *context, const char *product);
    void *context;
    bool stopped;
};

static RESULT list_one(void *context, const char *name)
{
    struct listing *listing = context;
    if (!listing->stopped)
        listing->stopped = listing->each(listing->context, name) != 0;
    return RESULT_OK;
}

int aval_products(aval_machine *machine, int (*each)(void *context, const char *product), void *context)
{
    struct listing listing = {.each = each, .context = context};
    struct reason reason = {.text = ""};
    return machine_finish(machine, installation_each(machine, list_one, &listing, &reason), &reason);
}

/* Evidence */

static RESULT count_piece(void *context, const struct evidence_piece *piece)
{
    size_t *count = context;
    (void)piece;
    (*count)++;
    return RESULT_OK;
}

int aval_evidence_count(aval_machine *machine, size_t *ret_count)
{
    size_t count = 0;
    struct reason reason = {.text = ""};
    const struct result outcome = evidence_each(machine, count_piece, &count, &reason);
    if (is_ok(outcome))
        *ret_count = count;
    return machine_finish(machine, outcome, &reason);
}

struct showing_evidence {
    int (*each)(void *context, const struct aval_evidence *evidence);
    void *context;
    bool stopped;
    struct result broken; /* where a signature does not hold */
    struct reason *reason;
};

static RESULT show_piece(void *context, const struct evidence_piece *piece)
{
    struct showing_evidence *showing = context;
    const struct ledger_evidence *evidence = piece->evidence;
    struct checkpoint kept;
    struct checkpoint shown;
    char asked[EVIDENCE_ADDRESS_MAX + 1];
    if (showing->stopped)
        return RESULT_OK;
    if (!is_ok(evidence_check(evidence, &kept, &shown))) {
        showing->broken = reason_say(showing->reason, FAIL(STATE_BROKEN), "%s/" FILE_NOTE, piece->folder);
        return RESULT_OK;
    }
    TRY(slice_copy_text(evidence->asked, asked, sizeof asked));
    const struct aval_evidence told = {
        .size = sizeof told,
        .number = piece->number,
        .time = evidence->time,
        .asked = asked,
        .ledger = evidence->host_key.name,
        .finding = evidence_finding_name(evidence->finding),
        .meaning = evidence_meaning(evidence->finding),
        .kept_size = kept.size,
        .shown_size = shown.size,
        .text = (const char *)piece->text.data,
        .text_size = piece->text.size,
    };
    showing->stopped = showing->each(showing->context, &told) != 0;
    return RESULT_OK;
}

int aval_evidence_each(aval_machine *machine, int (*each)(void *context, const struct aval_evidence *evidence),
                       void *context)
{
    struct reason reason = {.text = ""};
    struct showing_evidence showing = {.each = each, .context = context, .broken = RESULT_OK, .reason = &reason};
    const struct result outcome = evidence_each(machine, show_piece, &showing, &reason);
    return machine_finish(machine, is_ok(outcome) ? showing.broken : outcome, &reason);
}
