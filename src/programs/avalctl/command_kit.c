/*
 * avalctl kit: all that a machine needs to join, in one file.
 *
 * It is made of the data folder, so that it needs no running host; where one runs, it introduces itself in the kit to
 * machines without a network.
 */
#include "avalctl.h"

#include "authority/authority.h"
#include "authority/folder.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "control/client.h"
#include "proto/api.h"
#include "proto/introduction.h"
#include "proto/kit.h"
#include "proto/parcel.h"
#include "system/clock.h"
#include "terminal/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODE_SECRET = 0600, MODE_PUBLIC = 0644 };

/* What is being made. */
struct making {
    const struct arguments *arguments;
    const struct authority_vendor *vendor;
    struct kit *kit;
    struct buffer texts[2 * KIT_PRODUCTS_MAX]; /* what the kit's parts borrow from */
    size_t text_count;
    bool introduces; /* until a host could not be asked */
    struct reason *reason;
};

static bool wants_product(const struct making *making, const struct product *product)
{
    const char *const named = argument_value(making->arguments, "product", NULL);
    char name[2 * NAME_SIZE];
    (void)snprintf(name, sizeof name, "%s/%s", product->vendor, product->product);
    return named == NULL || strcmp(named, name) == 0;
}

/* ---- which edition ---- */

static bool is_licensed(const struct making *making, struct offer offer, enum license_mode mode)
{
    const seconds now = clock_now();
    const struct authority_license *const best = authority_best_license(making->vendor, offer, mode, now);
    return best != NULL && !best->revoked && best->license.not_after > now;
}

/* The only licensed edition, or the one that --edition names. NULL where there is none, or several, of which *ret_names
 * tells. */
static const struct edition *choose_edition(const struct making *making, const struct product *product,
                                            struct buffer *ret_names)
{
    const enum license_mode mode = argument_given(making->arguments, "counted") ? LICENSE_COUNTED : LICENSE_VOLUME;
    const char *const named = argument_value(making->arguments, "edition", NULL);
    const struct edition *chosen = NULL;
    size_t count = 0;
    for (size_t i = 0; i < product->edition_count; i++) {
        const struct edition *const edition = &product->editions[i];
        const struct offer offer = {product->vendor, product->product, edition->id};
        if ((named != NULL && strcmp(named, edition->id) != 0) || !is_licensed(making, offer, mode))
            continue;
        chosen = edition;
        buffer_printf(ret_names, "%s%s", count++ > 0 ? ", " : "", edition->id);
    }
    return count == 1 ? chosen : NULL;
}

/* ---- one product ---- */

static struct buffer *new_text(struct making *making, size_t most)
{
    struct buffer *const text = &making->texts[making->text_count++];
    *text = buffer_make(most);
    return text;
}

/* For machines without a network. Where no host runs, or it has nothing to say, the kit does without. */
static void introduce(struct making *making, const struct product *product, const struct edition *edition,
                      struct kit_product *entry)
{
    CLEANUP_BUFFER struct buffer path = buffer_make(PATH_SIZE);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct reason reason = {.text = ""};
    buffer_printf(&path, API_INTRODUCE "%s/%s/%s%s", product->vendor, product->product, edition->id,
                  argument_given(making->arguments, "counted") ? "/" API_COUNTED : "");
    if (!making->introduces || !is_ok(buffer_status(&path)))
        return;
    struct buffer *const text = new_text(making, INTRODUCTION_MAX);
    struct result asked =
        control_ask(folder_of(making->arguments), "GET", buffer_text(&path), slice_make(NULL, 0), &answer, &reason);
    if (is_ok(asked))
        asked = unwrap(WRAPPED_INTRODUCTION, buffer_slice(&answer), text);
    entry->has_introduction = is_ok(asked);
    entry->introduction = buffer_slice(text);
    if (is_ok(asked))
        return;
    making->introduces = false;
    say_hint(
        _("No host that runs on %s introduced itself (%s), so machines without a network need an introduction besides "
          "(`avalctl introduce`)."),
        folder_of(making->arguments), error_info(result_code(asked))->name);
}

static RESULT add_edition(struct making *making, struct slice note, const struct verifier_key *signer,
                          const struct product *product, const struct edition *edition)
{
    ENSURE(making->kit->product_count < KIT_PRODUCTS_MAX, DOCUMENT_LIMIT);
    struct kit_product *const entry = &making->kit->products[making->kit->product_count++];
    struct buffer *const text = new_text(making, NOTE_MAX);
    buffer_append_slice(text, note);
    TRY(buffer_status(text));
    entry->vendor_key = *signer;
    entry->product = buffer_slice(text);
    entry->has_key = true;
    entry->key =
        product_key_make(argument_given(making->arguments, "counted") ? PRODUCT_KEY_COUNTED : PRODUCT_KEY_VOLUME,
                         product->vendor, product->product, edition->id);
    introduce(making, product, edition, entry);
    return RESULT_OK;
}

static RESULT consider(struct making *making, struct slice note, const struct verifier_key *signer,
                       const struct product *product)
{
    CLEANUP_BUFFER struct buffer names = buffer_make((size_t)EDITIONS_MAX * (NAME_SIZE + 2));
    if (!wants_product(making, product))
        return RESULT_OK;
    const struct edition *const edition = choose_edition(making, product, &names);
    if (edition != NULL)
        return add_edition(making, note, signer, product, edition);
    if (names.size > 0)
        return reason_say(making->reason, FAIL(USAGE),
                          _("several editions of %s/%s are licensed here: name one with --edition (%s)"),
                          product->vendor, product->product, buffer_text(&names));
    say_hint(_("%s/%s is left out: no license for it is in force here."), product->vendor, product->product);
    return RESULT_OK;
}

static RESULT each_product(void *context, struct slice note)
{
    struct making *const making = context;
    const struct authority_vendor *const vendor = making->vendor;
    const struct verifier_key *signer = NULL;
    struct slice text;
    TRY(note_open(note, vendor->vendor_keys, vendor->vendor_key_count, &text, &signer));
    struct product *product = malloc(sizeof *product);
    ENSURE(product != NULL, NO_MEMORY);
    struct result outcome = product_read(text, product);
    if (is_ok(outcome))
        outcome = consider(making, note, signer, product);
    free(product);
    return outcome;
}

/* ---- all of it ---- */

static RESULT add_host(struct kit *kit, struct slice host)
{
    ENSURE(kit->host_count < KIT_HOSTS_MAX, USAGE);
    return slice_copy_text(host, kit->hosts[kit->host_count++], KIT_HOST_SIZE);
}

static RESULT add_hosts(struct making *making)
{
    struct kit *const kit = making->kit;
    const char *list = argument_value(making->arguments, "hosts", NULL);
    if (list == NULL)
        list = kit->maker;
    if (strcmp(list, "dns") == 0)
        return RESULT_OK;
    for (size_t size = 0; *list != 0; list += size) {
        list += strspn(list, ", ");
        size = strcspn(list, ", ");
        if (size > 0 && !is_ok(add_host(kit, slice_make(list, size))))
            return reason_say(making->reason, FAIL(USAGE), _("--hosts: at most %d hosts, with commas between"),
                              KIT_HOSTS_MAX);
    }
    return RESULT_OK;
}

static RESULT add_site_key(struct making *making, const struct authority *authority)
{
    const struct site_keys *const keys = authority->site_keys;
    if (!argument_given(making->arguments, "site-key"))
        return RESULT_OK;
    if (keys == NULL || keys->current == 0)
        return reason_say(making->reason, FAIL(NOT_FOUND), "%s",
                          _("--site-key: this host has none; `avald site-key new` makes one"));
    making->kit->has_site_key = true;
    making->kit->site_key = keys->keys[0];
    return RESULT_OK;
}

static RESULT make(struct making *making)
{
    const char *const folder = folder_of(making->arguments);
    const struct log log = {LOG_WARNING, LOG_FORMAT_TEXT, clock_now, STDERR_FILENO};
    struct authority *authority = NULL;
    TRY(authority_load(folder, &log, &authority, making->reason));
    making->kit->made = clock_now();
    memcpy(making->kit->maker, authority->host, sizeof making->kit->maker);
    struct result outcome = add_hosts(making);
    if (is_ok(outcome))
        outcome = add_site_key(making, authority);
    for (size_t i = 0; is_ok(outcome) && i < authority->vendor_count; i++) {
        making->vendor = &authority->vendors[i];
        outcome = folder_each_product(folder, making->vendor->vendor, each_product, making, making->reason);
    }
    authority_release(authority);
    TRY(outcome);
    ENSURE(making->kit->product_count > 0, KIT_EMPTY);
    return RESULT_OK;
}

static int put(const struct arguments *arguments, const struct kit *kit, struct buffer *text)
{
    const char *const output = argument_value(arguments, "output", NULL);
    struct reason reason = {.text = ""};
    if (output != NULL) {
        const struct result written =
            file_write(output, buffer_slice(text), kit->has_site_key ? MODE_SECRET : MODE_PUBLIC, &reason);
        if (!is_ok(written))
            return say_failure(AVALCTL, output, written, reason.text);
    } else if (!wants_json(arguments)) {
        fputs(buffer_text(text), stdout);
    }
    if (wants_json(arguments)) {
        struct report out;
        report_begin(&out, true);
        report_text(&out, "kit", NULL, buffer_text(text));
        const int status = report_answer(&out, AVALCTL, EXIT_FINE);
        report_free(&out);
        return status;
    }
    say_hint(_("%zu of %s, for `aval join` at each machine; `aval inspect` says what is in it."), kit->product_count,
             kit->product_count == 1 ? _("product") : _("products"));
    if (kit->has_site_key)
        say_hint(_("The site key is in it: whoever can read the kit counts as one of your machines."));
    return EXIT_FINE;
}

static int make_and_put(const struct arguments *arguments, struct making *making)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(KIT_MAX);
    struct result outcome = make(making);
    if (is_ok(outcome))
        outcome = kit_write(making->kit, &text);
    if (is_ok(outcome))
        return put(arguments, making->kit, &text);
    say_answer(making->reason->text[0] != 0 ? making->reason->text : error_info(result_code(outcome))->sentence);
    return say_failure(AVALCTL, folder_of(arguments), outcome, making->reason->text);
}

int command_kit(const struct arguments *arguments, void *context)
{
    (void)context;
    struct reason reason = {.text = ""};
    struct kit *kit = calloc(1, sizeof *kit);
    if (kit == NULL)
        return say_failure(AVALCTL, NULL, FAIL(NO_MEMORY), NULL);
    struct making making = {.arguments = arguments, .kit = kit, .introduces = true, .reason = &reason};
    const int status = make_and_put(arguments, &making);
    for (size_t i = 0; i < making.text_count; i++)
        buffer_free(&making.texts[i]);
    kit_free(&kit);
    return status;
}
