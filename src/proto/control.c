/*
 * Messages of the control interface; see control.h.
 *
 * Each message is one function that walks its fields. A walk in writing mode puts them into a JSON object, one in
 * reading mode takes them out; the first fault stops both, and is asked for once, at the end.
 */
#include "proto/control.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const license_states[] = {
    [CONTROL_LICENSE_IN_FORCE] = "in-force",
    [CONTROL_LICENSE_NOT_YET_VALID] = "not-yet-valid",
    [CONTROL_LICENSE_ENDED] = "ended",
    [CONTROL_LICENSE_REVOKED] = "revoked",
};
enum { LICENSE_STATES = sizeof license_states / sizeof license_states[0] };

const char *control_license_state_name(enum control_license_state state)
{
    return license_states[state];
}

/* The walk and the kinds of field */

struct walk {
    json_t *object; /* borrowed */
    bool writing;
    bool failed;
};

static void put(struct walk *walk, const char *key, json_t *value)
{
    if (json_object_set_new(walk->object, key, value) != 0) /* takes over the value, and refuses NULL */
        walk->failed = true;
}

/* The value of that key and type; NULL, with the fault noted, where there is none. */
static json_t *get(struct walk *walk, const char *key, json_type type)
{
    json_t *value = walk->failed ? NULL : json_object_get(walk->object, key);
    if (value == NULL || json_typeof(value) != type) {
        walk->failed = true;
        return NULL;
    }
    return value;
}

static void walk_text(struct walk *walk, const char *key, char *text, size_t capacity)
{
    if (walk->writing) {
        put(walk, key, json_string(text));
        return;
    }
    const json_t *value = get(walk, key, JSON_STRING);
    if (value != NULL && !is_ok(slice_copy_text(slice_of(json_string_value(value)), text, capacity)))
        walk->failed = true;
}

static void walk_number(struct walk *walk, const char *key, uint64_t *number)
{
    if (walk->writing) {
        if (*number > INT64_MAX)
            walk->failed = true; /* JSON numbers end there for this library */
        else
            put(walk, key, json_integer((json_int_t)*number));
        return;
    }
    const json_t *value = get(walk, key, JSON_INTEGER);
    if (value == NULL)
        return;
    if (json_integer_value(value) < 0)
        walk->failed = true;
    else
        *number = (uint64_t)json_integer_value(value);
}

static void walk_seconds(struct walk *walk, const char *key, seconds *time)
{
    uint64_t number = *time < 0 ? UINT64_MAX : (uint64_t)*time;
    walk_number(walk, key, &number);
    if (walk->writing || walk->failed)
        return;
    if (number > (uint64_t)TIME_MAX)
        walk->failed = true;
    else
        *time = (seconds)number;
}

static void walk_switch(struct walk *walk, const char *key, bool *on)
{
    if (walk->writing) {
        put(walk, key, json_boolean(*on));
        return;
    }
    const json_t *value = walk->failed ? NULL : json_object_get(walk->object, key);
    if (json_is_boolean(value))
        *on = json_is_true(value);
    else
        walk->failed = true;
}

/* Walks the elements of an array of objects; `size` is that of one element. In reading mode the array is allocated and
 * the caller's to free, also after a fault. */
typedef void element_walk(struct walk *walk, void *element);

static void write_elements(struct walk *walk, const char *key, char *elements, size_t count, size_t size,
                           element_walk *each)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count && array != NULL; i++) {
        struct walk inner = {.object = json_object(), .writing = true};
        if (inner.object == NULL) {
            walk->failed = true;
            break;
        }
        each(&inner, elements + i * size);
        if (json_array_append_new(array, inner.object) != 0 || inner.failed)
            walk->failed = true;
    }
    put(walk, key, array);
}

static void *read_elements(struct walk *walk, const char *key, size_t *ret_count, size_t size, element_walk *each)
{
    const json_t *array = get(walk, key, JSON_ARRAY);
    const size_t count = json_array_size(array);
    char *elements = calloc(count == 0 ? 1 : count, size);
    if (elements == NULL) {
        walk->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < count && !walk->failed; i++) {
        struct walk inner = {.object = json_array_get(array, i)};
        each(&inner, elements + i * size);
        walk->failed = inner.failed;
    }
    *ret_count = count;
    return elements;
}

#define WALK_TEXT(walk, key, field) walk_text((walk), (key), (field), sizeof(field))
#define WALK_ARRAY(walk, key, elements, count, each) \
    do { \
        if ((walk)->writing) \
            write_elements((walk), (key), (char *)(elements), (count), sizeof *(elements), (each)); \
        else \
            (elements) = read_elements((walk), (key), &(count), sizeof *(elements), (each)); \
    } while (0)

/* A whole text, by the walk of its outermost message. */

static RESULT write_message(void *message, element_walk *each, struct buffer *out)
{
    struct walk walk = {.object = json_object(), .writing = true};
    ENSURE(walk.object != NULL, NO_MEMORY);
    each(&walk, message);
    char *text = walk.failed ? NULL : json_dumps(walk.object, JSON_COMPACT);
    json_decref(walk.object);
    ENSURE(!walk.failed, INTERNAL);
    ENSURE(text != NULL, NO_MEMORY);
    buffer_append_text(out, text);
    buffer_append_byte(out, '\n');
    free(text);
    return buffer_status(out);
}

static RESULT read_message(struct slice text, void *message, element_walk *each)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    ENSURE(root != NULL, HOST_ANSWER);
    struct walk walk = {.object = root, .failed = !json_is_object(root)};
    each(&walk, message);
    json_decref(root);
    ENSURE(!walk.failed, HOST_ANSWER);
    return RESULT_OK;
}

/* The messages, field by field */

static void walk_state(struct walk *walk, enum control_license_state *state)
{
    char name[NAME_SIZE] = "";
    if (walk->writing)
        memcpy(name, license_states[*state], strlen(license_states[*state]) + 1);
    WALK_TEXT(walk, "state", name);
    if (walk->writing || walk->failed)
        return;
    size_t i = 0;
    while (i < LICENSE_STATES && strcmp(name, license_states[i]) != 0)
        i++;
    if (i == LICENSE_STATES)
        walk->failed = true;
    else
        *state = (enum control_license_state)i;
}

static void walk_license(struct walk *walk, void *element)
{
    struct control_license *license = element;
    WALK_TEXT(walk, "id", license->id);
    WALK_TEXT(walk, "vendor", license->vendor);
    WALK_TEXT(walk, "customer", license->customer);
    WALK_TEXT(walk, "product", license->product);
    WALK_TEXT(walk, "edition", license->edition);
    walk_state(walk, &license->state);
    walk_number(walk, "count", &license->count);
    walk_number(walk, "threshold", &license->threshold);
    walk_number(walk, "held", &license->held);
    walk_number(walk, "seats", &license->seats);
    walk_number(walk, "overage", &license->overage);
    walk_seconds(walk, "lease", &license->lease);
    walk_seconds(walk, "renew", &license->renew);
    walk_seconds(walk, "retry", &license->retry);
    walk_seconds(walk, "not_before", &license->not_before);
    walk_seconds(walk, "not_after", &license->not_after);
}

static void walk_licenses(struct walk *walk, void *message)
{
    struct control_licenses *licenses = message;
    walk_seconds(walk, "now", &licenses->now);
    WALK_ARRAY(walk, "licenses", licenses->licenses, licenses->count, walk_license);
}

static void walk_ledger(struct walk *walk, void *element)
{
    struct control_ledger *ledger = element;
    WALK_TEXT(walk, "vendor", ledger->vendor);
    WALK_TEXT(walk, "origin", ledger->origin);
    walk_number(walk, "size", &ledger->size);
    walk_number(walk, "checkpoint_size", &ledger->checkpoint_size);
    WALK_TEXT(walk, "checkpoint_root", ledger->checkpoint_root);
    walk_number(walk, "revocations", &ledger->revocations);
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
    if (walk->writing) {
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
    walk_number(walk, "granted", &status->granted);
    walk_number(walk, "repeated", &status->repeated);
    walk_number(walk, "released", &status->released);
    walk_all_denied(walk, status);
    walk_number(walk, "batches", &status->batches);
    walk_number(walk, "signatures", &status->signatures);
    walk_number(walk, "largest_batch", &status->largest_batch);
    walk_number(walk, "queued", &status->queued);
    WALK_TEXT(walk, "trouble", status->trouble);
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
    walk_seconds(walk, "expires", &machine->expires);
    walk_switch(walk, "released", &machine->released);
    walk_number(walk, "leaf", &machine->leaf);
    WALK_TEXT(walk, "last_denial", machine->last_denial);
    WALK_TEXT(walk, "address", machine->address);
    walk_switch(walk, "blocked", &machine->blocked);
    walk_seconds(walk, "blocked_since", &machine->blocked_since);
    WALK_TEXT(walk, "blocked_reason", machine->blocked_reason);
}

static void walk_machines(struct walk *walk, void *message)
{
    struct control_machines *machines = message;
    walk_seconds(walk, "now", &machines->now);
    WALK_ARRAY(walk, "machines", machines->machines, machines->count, walk_machine);
    WALK_TEXT(walk, "next", machines->next);
}

static void walk_denial(struct walk *walk, void *element)
{
    struct control_denial *denial = element;
    walk_number(walk, "number", &denial->number);
    walk_seconds(walk, "time", &denial->time);
    WALK_TEXT(walk, "machine", denial->machine);
    WALK_TEXT(walk, "vendor", denial->vendor);
    WALK_TEXT(walk, "product", denial->product);
    WALK_TEXT(walk, "edition", denial->edition);
    WALK_TEXT(walk, "code", denial->code);
    WALK_TEXT(walk, "message", denial->message);
    WALK_TEXT(walk, "address", denial->address);
}

static void walk_denials(struct walk *walk, void *message)
{
    struct control_denials *denials = message;
    WALK_ARRAY(walk, "denials", denials->denials, denials->count, walk_denial);
    walk_number(walk, "next", &denials->next);
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

static void walk_reloaded(struct walk *walk, void *message)
{
    struct control_reloaded *reloaded = message;
    walk_switch(walk, "done", &reloaded->done);
    walk_number(walk, "vendors", &reloaded->vendors);
    walk_number(walk, "licenses", &reloaded->licenses);
}

static void walk_checkpoint(struct walk *walk, void *message)
{
    struct control_checkpoint *checkpoint = message;
    WALK_TEXT(walk, "vendor", checkpoint->vendor);
    WALK_TEXT(walk, "origin", checkpoint->origin);
    walk_number(walk, "size", &checkpoint->size);
    WALK_TEXT(walk, "root", checkpoint->root);
    WALK_TEXT(walk, "note", checkpoint->note);
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
    WALK_TEXT(walk, "position", verified->position);
    WALK_ARRAY(walk, "findings", verified->findings, verified->finding_count, walk_finding);
}

static void walk_failure(struct walk *walk, void *message)
{
    struct control_failure *failure = message;
    WALK_TEXT(walk, "code", failure->code);
    WALK_TEXT(walk, "message", failure->message);
}

/* Reader and writer of each. A writer walks a copy, since a walk can change what it visits; arrays are shared and only
 * read. */
/* NOLINTBEGIN(bugprone-macro-parentheses): the name of a parameter cannot stand in parentheses */
#define MESSAGE(name) \
    RESULT control_##name##_write(const struct control_##name *name, struct buffer *out) \
    { \
        struct control_##name copy = *name; \
        return write_message(&copy, walk_##name, out); \
    } \
    static struct result name##_read(struct slice text, struct control_##name *message) \
    { \
        *message = (struct control_##name){0}; \
        return read_message(text, message, walk_##name); \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* For messages that hold arrays, and for those that hold none. */
#define OWNING_READER(name) \
    RESULT control_##name##_read(struct slice text, struct control_##name *ret_##name) \
    { \
        struct control_##name message; \
        const struct result state = name##_read(text, &message); \
        if (is_ok(state)) \
            *ret_##name = message; \
        else \
            control_##name##_free(&message); \
        return state; \
    }
#define PLAIN_READER(name) \
    RESULT control_##name##_read(struct slice text, struct control_##name *ret_##name) \
    { \
        struct control_##name message; \
        TRY(name##_read(text, &message)); \
        *ret_##name = message; \
        return RESULT_OK; \
    }

MESSAGE(status)
MESSAGE(licenses)
MESSAGE(machines)
MESSAGE(denials)
MESSAGE(detail)
MESSAGE(block)
MESSAGE(reloaded)
MESSAGE(checkpoint)
MESSAGE(verified)
MESSAGE(failure)
OWNING_READER(status)
OWNING_READER(licenses)
OWNING_READER(machines)
OWNING_READER(denials)
OWNING_READER(verified)
OWNING_READER(detail)
PLAIN_READER(block)
PLAIN_READER(reloaded)
PLAIN_READER(checkpoint)
PLAIN_READER(failure)

void control_status_free(struct control_status *status)
{
    free(status->ledgers);
    free(status->licenses);
    *status = (struct control_status){0};
}

void control_licenses_free(struct control_licenses *licenses)
{
    free(licenses->licenses);
    *licenses = (struct control_licenses){0};
}

void control_machines_free(struct control_machines *machines)
{
    free(machines->machines);
    *machines = (struct control_machines){0};
}

void control_denials_free(struct control_denials *denials)
{
    free(denials->denials);
    *denials = (struct control_denials){0};
}

void control_verified_free(struct control_verified *verified)
{
    free(verified->findings);
    *verified = (struct control_verified){0};
}

void control_detail_free(struct control_detail *detail)
{
    free(detail->machines);
    free(detail->denials);
    *detail = (struct control_detail){0};
}
