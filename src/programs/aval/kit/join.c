/*
 * aval join: everything that a kit has, once, and as often as somebody likes.
 *
 * A kit comes from whoever handed it on, so it may add a vendor and a product to those that this machine knows, and
 * never changes whom it believes about one that is here.
 */
#include "kit/kit.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "terminal/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct joining {
    aval_machine *machine;
    const struct kit *kit;
    struct kit_view *views; /* of its products, in their order */
    struct steps steps;
};

static void say_left(struct joining *joining, const char *step, const char *what, int code)
{
    steps_say(&joining->steps, step, what, STEP_LEFT, code, aval_last_message(joining->machine));
}

/* ---- whom to ask, and as what ---- */

static void write_hosts(struct joining *joining, struct buffer *out)
{
    const char *host = NULL;
    for (size_t n = 0; (host = aval_host(joining->machine, n)) != NULL; n++)
        buffer_printf(out, "%s%s", n > 0 ? " " : "", host);
}

static void set_hosts(struct joining *joining)
{
    CLEANUP_BUFFER struct buffer before = buffer_make(KIT_MAX);
    CLEANUP_BUFFER struct buffer after = buffer_make(KIT_MAX);
    const char *hosts[KIT_HOSTS_MAX];
    const struct kit *const kit = joining->kit;
    if (kit->host_count == 0) {
        steps_say(&joining->steps, _("hosts"), _("those that DNS names"), STEP_ALREADY, AVAL_OK, "");
        return;
    }
    for (size_t i = 0; i < kit->host_count; i++)
        hosts[i] = kit->hosts[i];
    write_hosts(joining, &before);
    const int code = aval_hosts_set(joining->machine, hosts, kit->host_count);
    if (code != AVAL_OK) {
        say_left(joining, _("hosts"), kit->hosts[0], code);
        return;
    }
    write_hosts(joining, &after);
    const bool same = slice_equal(buffer_slice(&before), buffer_slice(&after));
    steps_say(&joining->steps, _("hosts"), buffer_text(&after), same ? STEP_ALREADY : STEP_DONE, AVAL_OK, "");
}

static void set_site_key(struct joining *joining)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    if (!joining->kit->has_site_key)
        return;
    const struct result written = site_key_write(&joining->kit->site_key, &text);
    const int code = is_ok(written) ? aval_site_key_set(joining->machine, (const char *)text.data, text.size)
                                    : (int)result_code(written);
    if (code != AVAL_OK)
        say_left(joining, _("site key"), _("could not be set"), code);
    else
        steps_say(&joining->steps, _("site key"), _("requests show it"), STEP_DONE, AVAL_OK, "");
}

/* ---- one product ---- */

/* Whether the machine believes the kit's key about the product, or nobody yet. */
static bool is_believed(struct joining *joining, const struct kit_product *entry, const char *name, bool *ret_known)
{
    char installed[AVAL_VENDOR_KEY_SIZE];
    struct verifier_key key;
    *ret_known = aval_product_vendor_key(joining->machine, name, installed) == AVAL_OK;
    return !*ret_known ||
           (is_ok(verifier_key_read(slice_of(installed), &key)) && verifier_key_equal(&key, &entry->vendor_key));
}

static bool install(struct joining *joining, const struct kit_product *entry, const struct kit_view *view)
{
    char key[VERIFIER_KEY_TEXT_SIZE];
    bool known = false;
    if (!is_believed(joining, entry, view->name, &known)) {
        steps_say(&joining->steps, _("product"), view->name, STEP_LEFT, AVAL_KIT_VENDOR_KEY,
                  _(aval_code_sentence(AVAL_KIT_VENDOR_KEY)));
        return false;
    }
    verifier_key_write(&entry->vendor_key, key);
    const int code =
        aval_product_install(joining->machine, (const char *)entry->product.data, entry->product.size, key);
    if (code != AVAL_OK) {
        say_left(joining, _("product"), view->name, code);
        return false;
    }
    steps_say(&joining->steps, _("product"), view->name, known ? STEP_ALREADY : STEP_DONE, AVAL_OK, view->title);
    return true;
}

static bool install_key(struct joining *joining, const struct kit_view *view)
{
    struct aval_status status = {.size = sizeof status};
    const size_t suffix = strlen(view->key) - (sizeof status.key_suffix - 1);
    if (aval_status(joining->machine, view->name, &status) == AVAL_OK && strcmp(status.edition, view->edition) == 0 &&
        strcmp(status.key_suffix, view->key + suffix) == 0) {
        steps_say(&joining->steps, _("key"), view->name, STEP_ALREADY, AVAL_OK, view->edition);
        return true;
    }
    const int code = aval_key_install(joining->machine, view->key);
    if (code != AVAL_OK)
        say_left(joining, _("key"), view->name, code);
    else
        steps_say(&joining->steps, _("key"), view->name, STEP_DONE, AVAL_OK, view->edition);
    return code == AVAL_OK;
}

static void say_until(struct joining *joining, const struct kit_view *view, enum step_end end)
{
    struct aval_status status = {.size = sizeof status};
    char words[AVAL_MESSAGE_SIZE] = "";
    char until[TIME_TEXT_SIZE];
    if (aval_status(joining->machine, view->name, &status) == AVAL_OK && status.state == AVAL_LICENSED) {
        time_write(status.expires, until);
        snprintf(words, sizeof words, _("licensed until %s, by %s"), until, status.activation_host);
    }
    steps_say(&joining->steps, _("lease"), view->name, end, AVAL_OK, words);
}

/* The words of the last host that was asked say most. */
static void activate(struct joining *joining, const struct kit_view *view)
{
    struct aval_status status = {.size = sizeof status};
    struct aval_report report = {.size = sizeof report};
    if (aval_status(joining->machine, view->name, &status) == AVAL_OK && status.state == AVAL_LICENSED &&
        strcmp(status.edition, view->edition) == 0) {
        say_until(joining, view, STEP_ALREADY);
        return;
    }
    const int code = aval_activate(joining->machine, view->name, &report);
    if (code == AVAL_OK) {
        say_until(joining, view, STEP_DONE);
        return;
    }
    const char *const last = report.attempt_count > 0 ? report.attempts[report.attempt_count - 1].message
                                                      : aval_last_message(joining->machine);
    steps_say(&joining->steps, _("lease"), view->name, STEP_LEFT, code, last);
}

static void join_product(struct joining *joining, size_t i)
{
    const struct kit_product *const entry = &joining->kit->products[i];
    const struct kit_view *const view = &joining->views[i];
    if (install(joining, entry, view) && entry->has_key && install_key(joining, view))
        activate(joining, view);
}

/* ---- all of it ---- */

static int join(struct joining *joining, const struct arguments *arguments)
{
    steps_begin(&joining->steps, arguments);
    set_site_key(joining);
    set_hosts(joining);
    for (size_t i = 0; i < joining->kit->product_count; i++)
        join_product(joining, i);
    if (!argument_given(arguments, "no-timer"))
        timer_set(&joining->steps, true);
    return steps_end(&joining->steps);
}

/* Before anything is done. */
static int look_at_all(const struct arguments *arguments, const struct kit *kit, struct kit_view *views)
{
    for (size_t i = 0; i < kit->product_count; i++) {
        const struct result looked = kit_look(&kit->products[i], &views[i]);
        struct reason reason = {.text = ""};
        if (is_ok(looked))
            continue;
        result_ignore(reason_say(&reason, looked, _("product %zu of the kit: %.400s"), i + 1,
                                 _(error_info(result_code(looked))->sentence)));
        return say_file_failure(arguments, arguments->values[0], looked, &reason);
    }
    return EXIT_FINE;
}

int run_join(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(KIT_MAX);
    CLEANUP_KIT struct kit *kit = NULL;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!kit_load(arguments, arguments->values[0], &text, &kit, &status) || !machine_open(arguments, &machine, &status))
        return status;
    struct kit_view *const views = calloc(kit->product_count, sizeof *views);
    if (views == NULL)
        return say_code(arguments, machine, AVAL_NO_MEMORY);
    status = look_at_all(arguments, kit, views);
    if (status == EXIT_FINE) {
        struct joining joining = {.machine = machine, .kit = kit, .views = views};
        status = join(&joining, arguments);
    }
    free(views);
    return status;
}
