/* aval status: the state of a product for people, for scripts (exit status) and for programs (--json). */
#include "command.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>

enum { HOSTS_TEXT_MAX = AVAL_ATTEMPTS_MAX * AVAL_HOST_SIZE };

static int exit_status_of(enum aval_state state)
{
    switch (state) {
    case AVAL_LICENSED:
    case AVAL_GRACE:
        return EXIT_FINE;
    case AVAL_EXPIRED_GRACE:
        return EXIT_EXPIRED_GRACE;
    case AVAL_NOTIFICATION:
        return EXIT_NOTIFICATION;
    case AVAL_UNLICENSED:
    default:
        return EXIT_UNLICENSED;
    }
}

static json_t *text_or_null(const char *text)
{
    return text[0] != 0 ? json_string(text) : json_null();
}

static json_t *lease_json(const struct aval_status *status)
{
    json_t *features = json_array();
    if (status->license[0] == 0) {
        json_decref(features);
        return json_null();
    }
    for (size_t i = 0; i < status->feature_count; i++)
        json_array_append_new(features, json_string(status->features[i]));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "license", status->license, "customer",
                     status->customer, "activation_host", status->activation_host, "issued", json_time(status->issued),
                     "expires", json_time(status->expires), "renew_at", json_time(status->renew_at), "ledger_index",
                     (json_int_t)status->ledger_index, "ledger_size", (json_int_t)status->ledger_size, "ledger_epoch",
                     (json_int_t)status->ledger_epoch, "features", features);
}

static json_t *last_json(const struct aval_status *status)
{
    if (status->last_host[0] == 0)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "host", status->last_host, "code", aval_code_name(status->last_code),
                     "message", status->last_message, "asked", json_time(status->last_asked), "retry_at",
                     json_time(status->retry_at));
}

static int say_status_json(const struct aval_status *status)
{
    char product[2 * AVAL_ID_SIZE];
    snprintf(product, sizeof product, "%s/%s", status->vendor, status->product);
    const int said = say_json(json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o}", "product", product, "title", status->title,
        "edition", text_or_null(status->edition), "key_suffix", text_or_null(status->key_suffix), "machine",
        text_or_null(status->machine_id), "state", aval_state_name(status->state), "code", aval_code_name(status->code),
        "message", status->code == AVAL_OK ? "" : aval_code_sentence(status->code), "state_until",
        json_time(status->state_until), "lease", lease_json(status), "last", last_json(status)));
    return said == EXIT_FINE ? exit_status_of(status->state) : said;
}

/* "2026-11-22T09:00:00Z, in 12 minutes", or "..., 12 minutes ago". */
static void say_moment(const char *key, int64_t time, int64_t now)
{
    char text[TIME_TEXT_SIZE];
    char span[SPAN_TEXT_SIZE];
    time_write(time, text);
    span_write(time > now ? time - now : now - time, span);
    if (time == now)
        say_field(key, "%s, now", text);
    else
        say_field(key, time > now ? "%s, in %s" : "%s, %s ago", text, span);
}

static enum tone tone_of(enum aval_state state)
{
    if (state == AVAL_LICENSED)
        return TONE_GOOD;
    return state == AVAL_GRACE ? TONE_WARN : TONE_BAD;
}

static void say_state(const struct aval_status *status, int64_t now)
{
    char left[SPAN_TEXT_SIZE];
    const char *begin = tone_begin(tone_of(status->state), 1);
    const char *end = tone_end(tone_of(status->state), 1);
    span_write(status->state_until - now, left);
    if (status->state_until > 0)
        say_field("State", "%s%s%s, %s left", begin, aval_state_name(status->state), end, left);
    else
        say_field("State", "%s%s%s", begin, aval_state_name(status->state), end);
    if (status->code != AVAL_OK)
        say_field("Reason", "%s (%s)", aval_code_sentence(status->code), aval_code_name(status->code));
}

static void say_lease(const struct aval_status *status, int64_t now)
{
    if (status->license[0] == 0)
        return;
    say_field("License", "%s for %s", status->license, status->customer);
    say_moment("Lease ends", status->expires, now);
    say_moment("Next renewal", status->renew_at, now);
}

static void say_last(const struct aval_status *status, int64_t now)
{
    if (status->last_host[0] == 0) {
        say_field("Last host", "none asked yet");
        return;
    }
    if (status->last_code == AVAL_OK)
        say_field("Last host", "%s: %s", status->last_host, status->last_message);
    else
        say_field("Last host", "%s: %s (%s)", status->last_host, status->last_message,
                  aval_code_name(status->last_code));
    say_moment("Last asked", status->last_asked, now);
    if (status->retry_at > 0)
        say_moment("Next try", status->retry_at, now);
}

static void say_hosts(aval_machine *machine)
{
    CLEANUP_BUFFER struct buffer hosts = buffer_make(HOSTS_TEXT_MAX);
    const char *host = NULL;
    for (size_t i = 0; (host = aval_host(machine, i)) != NULL; i++)
        buffer_printf(&hosts, "%s%s", i > 0 ? ", " : "", host);
    say_field("Hosts to ask", "%s", hosts.size > 0 ? buffer_text(&hosts) : "none set");
}

static void say_features(const struct aval_status *status)
{
    CLEANUP_BUFFER struct buffer features = buffer_make(sizeof status->features);
    for (size_t i = 0; i < status->feature_count; i++)
        buffer_printf(&features, "%s%s", i > 0 ? ", " : "", status->features[i]);
    say_field("Features", "%s", features.size > 0 ? buffer_text(&features) : "none");
}

static void say_details(aval_machine *machine, const struct aval_status *status)
{
    char issued[TIME_TEXT_SIZE];
    size_t evidence = 0;
    say_field("Machine", "%s", status->machine_id[0] != 0 ? status->machine_id : "none before the first activation");
    say_hosts(machine);
    if (status->license[0] != 0) {
        time_write(status->issued, issued);
        say_field("Lease issued", "%s", issued);
        say_field("Activation host", "%s", status->activation_host);
        say_field("Ledger", "entry %" PRIu64 ", of %" PRIu64 " when last seen", status->ledger_index,
                  status->ledger_size);
        if (status->ledger_epoch > 1)
            say_field("Ledger's epoch", "%" PRIu64 ": the host lost the end of its ledger and began it again",
                      status->ledger_epoch);
        say_features(status);
    }
    if (aval_evidence_count(machine, &evidence) != AVAL_OK)
        say_field("Evidence", "cannot be read: %s", aval_last_message(machine));
    else if (evidence > 0)
        say_field("Evidence", "%zu against hosts; `aval evidence` lists it", evidence);
    say_field("libaval", "%s", aval_version());
}

int run_status(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    struct aval_status status = {.size = sizeof status};
    int exit_status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &exit_status))
        return exit_status;
    const int code = aval_status(machine, product_of(arguments), &status);
    if (code != AVAL_OK)
        return say_code(arguments, machine, code);
    if (wants_json(arguments))
        return say_status_json(&status);

    const int64_t now = clock_now();
    say_field("Product", "%s (%s/%s)", status.title, status.vendor, status.product);
    if (status.edition[0] != 0)
        say_field("Edition", "%s, by the product key that ends in %s", status.edition, status.key_suffix);
    else
        say_field("Edition", "none");
    say_state(&status, now);
    say_lease(&status, now);
    say_last(&status, now);
    if (argument_given(arguments, "verbose"))
        say_details(machine, &status);
    return exit_status_of(status.state);
}
