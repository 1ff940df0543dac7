/* `avald init` and `avald enroll`: what an operator does once, and once for each vendor. */
#include "authority/folder.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "commands.h"
#include "core/documents/mailed.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_init(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    const int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    const char *name = argument_value(arguments, "name", NULL);
    if (name == NULL)
        return say_usage(AVALD, _("init needs --name HOST, the name by which machines find this host"));
    if (!is_ok(host_name_check(slice_of(name))))
        return say_usage(AVALD, _("'%s' is no host name: small letters, digits, '.' and '-' are possible"), name);
    struct reason reason = {.text = ""};
    struct result state = owner_become(config.data, &reason);
    if (is_ok(state))
        state = folder_init(config.data, slice_of(name), &reason);
    if (!is_ok(state))
        return say_failure(AVALD, config.data, state,
                           result_code(state) == ERR_FILE_EXISTS ? _("a host is there already") : reason.text);
    say_text(_("%s is now the data folder of the host %s.\n"), config.data, name);
    say_hint(_("Next: enroll with a vendor: avald enroll VENDOR-PRODUCT --customer \"Your organisation\""));
    return EXIT_FINE;
}

/* A vendor as the operator names it. */
struct introduction {
    struct verifier_key key; /* the one in use, or one before it */
    struct buffer product;   /* the product document that names all of its keys, as signed; empty: none was given */
};

/* The argument is a key, the file that holds one, or a product document that the vendor signed. Of that the key which
 * it names first is believed as much as one that was given alone: both came over a way that the operator trusts. */
static RESULT read_vendor(const char *argument, struct introduction *introduction, struct reason *reason)
{
    const struct result state = verifier_key_read(slice_of(argument), &introduction->key);
    if (is_ok(state) || (!file_exists(argument) && strcmp(argument, "-") != 0))
        return state;
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    bool mended = false;
    TRY(file_read(argument, &text, reason));
    const struct result as_key = verifier_key_read(key_file_text(buffer_slice(&text)), &introduction->key);
    if (is_ok(as_key))
        return as_key;
    TRY(mailed_explain(buffer_slice(&text), mailed_mend(buffer_slice(&text), &introduction->product, &mended), reason));
    struct product *product = malloc(sizeof *product); /* too large for a stack */
    ENSURE(product != NULL, NO_MEMORY);
    const struct result opened = product_open_own(buffer_slice(&introduction->product), product);
    if (is_ok(opened))
        introduction->key = product->vendor_keys[0];
    free(product);
    if (is_ok(opened) && mended)
        say_mended(argument);
    /* Of a text that does not even begin as one, that it is no key tells more. */
    return document_type_of(buffer_slice(&introduction->product)) == DOCUMENT_PRODUCT ? opened : as_key;
}

static int put_request(const char *output, const char *folder, const struct verifier_key *vendor,
                       const struct buffer *request)
{
    if (output != NULL && strcmp(output, "-") == 0) {
        fwrite(request->data, 1, request->size, stdout);
        return EXIT_FINE;
    }
    char path[PATH_SIZE];
    const struct result state = folder_vendor_path(folder, vendor->name, FOLDER_HOST_REQUEST, path);
    struct reason reason = {.text = ""};
    const struct result written = output != NULL ? file_write(output, buffer_slice(request), 0644, &reason) : state;
    if (!is_ok(written))
        return say_failure(AVALD, output, written, reason.text);
    say_text(_("The host request for %s is in %s\n"), vendor->name, output != NULL ? output : path);
    return EXIT_FINE;
}

/* Makes what belongs to the vendor, and takes its other keys where they are given. Whoever is stopped in between says
 * the same again. */
static RESULT enroll(const char *folder, const struct introduction *introduction, const char *customer,
                     struct buffer *request, struct reason *reason)
{
    uint8_t seed[SEED_SIZE];
    struct import_report report;
    entropy_fill(seed, sizeof seed);
    struct result state = owner_become(folder, reason);
    if (is_ok(state))
        state = folder_enroll(folder, &introduction->key, slice_of(customer), clock_now(), seed, request, reason);
    if (is_ok(state) && introduction->product.size > 0)
        state = folder_import(folder, buffer_slice(&introduction->product), &report, reason);
    owner_leave();
    secret_wipe(seed, sizeof seed);
    return state;
}

static int say_not_enrolled(const struct config *config, const struct verifier_key *key, struct result why,
                            const struct reason *reason)
{
    if (result_code(why) == ERR_FILE_EXISTS)
        return say_failure(AVALD, key->name, why,
                           _("this vendor was enrolled with another key. If it has put its spare key in use, import "
                             "first a product document that it signed before that (the vendor has it: `aval-vendor "
                             "product --again`), and its newest then"));
    const bool of_the_vendor =
        result_code(why) == ERR_KEY_FORM || result_code(why) == ERR_KEY_RANK || result_code(why) == ERR_LICENSE_REVOKED;
    return say_failure(AVALD, of_the_vendor ? key->name : config->data, why, reason->text);
}

/* What is missing of a vendor of which but one key is known. */
static void hint_at_spare(const char *folder, const struct verifier_key *key)
{
    struct verifier_key keys[VENDOR_KEYS_MAX];
    size_t count = 0;
    if (is_ok(folder_vendor_keys(folder, key->name, keys, &count, NULL)) && count == 1)
        say_hint(
            _("This host knows one key of %s and not its spare. Import a product document of that vendor too, now: "
              "when the key is lost, what the spare signs is refused without."),
            key->name);
}

static int enroll_and_say(const struct arguments *arguments, const struct config *config,
                          const struct introduction *introduction, const char *customer)
{
    struct reason reason = {.text = ""};
    const struct verifier_key *const key = &introduction->key;
    CLEANUP_BUFFER struct buffer request = buffer_make(NOTE_MAX);
    const struct result state = enroll(config->data, introduction, customer, &request, &reason);
    if (!is_ok(state))
        return say_not_enrolled(config, key, state, &reason);
    const int status = put_request(argument_value(arguments, "output", NULL), config->data, key, &request);
    if (status != EXIT_FINE)
        return status;
    command_ask_reload(config->data, _("this vendor's ledger"));
    hint_at_spare(config->data, key);
    say_hint(_("Next: send that file to %s, and import the license that comes back: avald import FILE"), key->name);
    return EXIT_FINE;
}

int command_enroll(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    const int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    const char *customer = argument_value(arguments, "customer", NULL);
    if (customer == NULL)
        return say_usage(AVALD, _("enroll needs --customer NAME, as the vendor knows your organisation"));
    if (!is_ok(text_check(slice_of(customer))))
        return say_usage(AVALD,
                         _("the customer's name must be one line of 1 to 128 bytes without space at either end"));
    struct reason reason = {.text = ""};
    struct introduction introduction = {.product = buffer_make(MAILED_MAX)};
    const struct result state = read_vendor(arguments->values[0], &introduction, &reason);
    const int ended = is_ok(state) ? enroll_and_say(arguments, &config, &introduction, customer)
                                   : say_failure(AVALD, arguments->values[0], state, reason.text);
    buffer_free(&introduction.product);
    return ended;
}
