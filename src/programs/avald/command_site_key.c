/* `avald site-key`: making, taking over, ending and removing the secret by which an organisation's machines are known.
 */
#include "authority/folder.h"
#include "authority/site_keys.h"
#include "base/sentences.h"
#include "commands.h"
#include "system/clock.h"
#include "system/owner.h"
#include "terminal/say.h"

#include <stdio.h>

/* ---- new and set ---- */

static void say_machines(const char *folder)
{
    say_text(_("Give %s/%s to the machines over a way that nobody else reads, and run there, as root: "
               "aval site-key set FILE\n"),
             folder, FOLDER_SITE_KEY);
    say_hint(
        _("The key before it, where there was one, holds too. `avalctl status` counts the requests that still show it, "
          "or none; once there are no more, `avald site-key end` ends it."));
}

/* The file that was replaced held no key: what machines were given of it is not known any more. */
static void say_damaged(const char *folder, struct result why)
{
    const struct error_info *const info = error_info(result_code(why));
    say_text(
        _("%s/%s held no site key, and was replaced (%s: %s). If another key was in it, machines that have that one "
          "are told that it does not hold. Whoever still has it, in a backup, on another host or on a machine, puts "
          "it back with `avald site-key set FILE`; this one then holds beside it.\n"),
        folder, FOLDER_SITE_KEY, info->name, _(info->sentence));
}

/* Root leaves what it makes to the folder's owner. */
static int put(const char *folder, const struct site_key *key)
{
    struct reason reason = {.text = ""};
    struct site_key_change change = {.put = SITE_KEY_KNOWN};
    struct result state = owner_become(folder, &reason);
    if (is_ok(state))
        state = site_keys_put(folder, key, &change, &reason);
    owner_leave();
    if (!is_ok(state))
        return say_failure(AVALD, folder, state, reason.text);
    if (change.put == SITE_KEY_KNOWN) {
        say_text(_("That site key is in use already.\n"));
        return EXIT_FINE;
    }
    say_text(_("The site key of this host is a new one.\n"));
    if (!is_ok(change.damaged))
        say_damaged(folder, change.damaged);
    if (change.put == SITE_KEY_PUT_AND_ENDED)
        say_text(_("The one before the former one does not hold any more: machines that still have that are told "
                   "so.\n"));
    command_ask_reload(folder, _("the new site key"));
    say_machines(folder);
    return EXIT_FINE;
}

int command_site_key_new(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct site_key key;
    entropy_fill(key.bytes, sizeof key.bytes);
    status = put(config.data, &key);
    secret_wipe(&key, sizeof key);
    return status;
}

static RESULT read_key(const char *file, struct site_key *ret_key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    TRY(file_read(file, &text, reason));
    return site_key_read(buffer_slice(&text), ret_key);
}

int command_site_key_set(const struct arguments *arguments, void *context)
{
    (void)context;
    struct config config;
    int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct site_key key;
    struct reason reason = {.text = ""};
    const struct result read = read_key(arguments->values[0], &key, &reason);
    status = is_ok(read) ? put(config.data, &key) : say_failure(AVALD, arguments->values[0], read, reason.text);
    secret_wipe(&key, sizeof key);
    return status;
}

/* ---- end and remove ---- */

/* Without any key, where one is required. */
static void say_nobody(const struct config *config)
{
    if (config->site_required)
        say_hint(
            _("The configuration requires one ([site] required = yes): no machine is given anything until there is "
              "one again, or it is not required."));
}

static int end(const struct arguments *arguments, bool all, const char *done, const char *nothing)
{
    struct config config;
    const int status = command_config_or_say(arguments, &config);
    if (status != EXIT_FINE)
        return status;
    struct reason reason = {.text = ""};
    bool changed = false;
    struct result state = owner_become(config.data, &reason);
    if (is_ok(state))
        state = site_keys_end(config.data, all, &changed, &reason);
    owner_leave();
    if (!is_ok(state))
        return say_failure(AVALD, config.data, state, reason.text);
    say_text("%s\n", changed ? done : nothing);
    if (changed)
        command_ask_reload(config.data, _("what is left"));
    if (all)
        say_nobody(&config);
    return EXIT_FINE;
}

int command_site_key_end(const struct arguments *arguments, void *context)
{
    (void)context;
    return end(arguments, false, _("The former site key does not hold any more."), _("There is no former site key."));
}

int command_site_key_remove(const struct arguments *arguments, void *context)
{
    (void)context;
    return end(arguments, true, _("This host has no site key any more."), _("This host has no site key."));
}
