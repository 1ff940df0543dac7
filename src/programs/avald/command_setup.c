/* `avald init` and `avald enroll`: what an operator does once, and once for each vendor. */
#include "authority/folder.h"
#include "base/secret.h"
#include "base/sentences.h"
#include "commands.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 4096 };

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
    say_hint(_("Next: enroll with a vendor: avald enroll VENDOR-KEY --customer \"Your organisation\""));
    return EXIT_FINE;
}

/* The argument is a key, or the file that holds one. */
static RESULT read_vendor_key(const char *argument, struct verifier_key *ret_key, struct reason *reason)
{
    const struct result state = verifier_key_read(slice_of(argument), ret_key);
    if (is_ok(state) || (!file_exists(argument) && strcmp(argument, "-") != 0))
        return state;
    CLEANUP_BUFFER struct buffer text = buffer_make(KEY_FILE_MAX);
    TRY(file_read(argument, &text, reason));
    return verifier_key_read(key_file_text(buffer_slice(&text)), ret_key);
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

int command_enroll(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    const char *customer = argument_value(arguments, "customer", NULL);
    if (customer == NULL)
        return say_usage(AVALD, _("enroll needs --customer NAME, as the vendor knows your organisation"));
    if (!is_ok(text_check(slice_of(customer))))
        return say_usage(AVALD,
                         _("the customer's name must be one line of 1 to 128 bytes without space at either end"));
    struct verifier_key key;
    struct reason reason = {.text = ""};
    struct result state = read_vendor_key(arguments->values[0], &key, &reason);
    if (!is_ok(state))
        return say_failure(AVALD, arguments->values[0], state, reason.text);

    uint8_t seed[SEED_SIZE];
    entropy_fill(seed, sizeof seed);
    CLEANUP_BUFFER struct buffer request = buffer_make(NOTE_MAX);
    state = owner_become(config.data, &reason);
    if (is_ok(state))
        state = folder_enroll(config.data, &key, slice_of(customer), clock_now(), seed, &request, &reason);
    owner_leave();
    secret_wipe(seed, sizeof seed);
    if (result_code(state) == ERR_FILE_EXISTS)
        return say_failure(AVALD, key.name, state, _("this vendor was enrolled with another key"));
    if (!is_ok(state))
        return say_failure(AVALD, result_code(state) == ERR_KEY_FORM ? key.name : config.data, state, reason.text);
    status = put_request(argument_value(arguments, "output", NULL), config.data, &key, &request);
    if (status != EXIT_FINE)
        return status;
    command_ask_reload(config.data, _("this vendor's ledger"));
    say_hint(_("Next: send that file to %s, and import the license that comes back: avald import FILE"), key.name);
    return EXIT_FINE;
}
