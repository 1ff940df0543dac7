/* aval product and key: what is installed. */
#include "base/sentences.h"
#include "command.h"
#include "core/documents/mailed.h"
#include "core/tlog/note.h"
#include "system/files.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 2 * VERIFIER_KEY_TEXT_SIZE };

/* A verifier key, or the name of a file that holds one. */
static bool read_vendor_key(const struct arguments *arguments, struct buffer *text, const char **ret_key,
                            int *ret_status)
{
    const char *given = argument_value(arguments, "vendor-key", NULL);
    struct verifier_key key;
    if (given == NULL) {
        *ret_status =
            say_problem(arguments, _("--vendor-key is needed: the vendor's key, or a file that holds it."), AVAL_USAGE);
        return false;
    }
    *ret_key = given;
    if (is_ok(verifier_key_read(slice_of(given), &key)))
        return true;
    struct reason reason = {.text = ""};
    const struct result read = file_read(given, text, &reason);
    if (!is_ok(read) && result_code(read) != ERR_FILE_TOO_LARGE) {
        char message[AVAL_MESSAGE_SIZE];
        snprintf(message, sizeof message, _("--vendor-key: neither a verifier key nor a file: %.400s"), reason.text);
        *ret_status = say_problem(arguments, message, AVAL_KEY_FORM);
        return false;
    }
    if (!is_ok(read) || !is_ok(verifier_key_read(key_file_text(buffer_slice(text)), &key))) {
        *ret_status = say_file(arguments, given, _("the file of --vendor-key holds no verifier key"), AVAL_KEY_FORM);
        return false;
    }
    *ret_key = buffer_text(text);
    return true;
}

/* The document may be as good as the key: which of the two is the wrong one, nobody can tell. */
static int say_other_signer(const struct arguments *arguments, const char *file, const char *vendor_key)
{
    struct verifier_key key;
    char why[AVAL_MESSAGE_SIZE];
    if (!is_ok(verifier_key_read(key_file_text(slice_of(vendor_key)), &key)))
        return say_file(arguments, file, _(aval_code_sentence(AVAL_SIGNER_UNKNOWN)), AVAL_SIGNER_UNKNOWN);
    snprintf(why, sizeof why,
             _("none of its signatures is by the key of --vendor-key, %.130s+%08x; one of the two is not the "
               "vendor's"),
             key.name, key.id);
    return say_file(arguments, file, why, AVAL_SIGNER_UNKNOWN);
}

int run_product_install(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_BUFFER struct buffer text = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer document = buffer_make(MAILED_MAX);
    CLEANUP_BUFFER struct buffer key_text = buffer_make(KEY_FILE_MAX);
    CLEANUP_MACHINE aval_machine *machine = NULL;
    const char *file = arguments->values[0];
    const char *key = NULL;
    int status = EXIT_FINE;
    if (!read_vendor_key(arguments, &key_text, &key, &status) || !machine_open(arguments, &machine, &status) ||
        !document_read(arguments, file, &text, &document, &status))
        return status;
    const int code = aval_product_install(machine, (const char *)document.data, document.size, key);
    if (code == AVAL_SIGNER_UNKNOWN)
        return say_other_signer(arguments, file, key);
    if (code != AVAL_OK)
        return say_refused(arguments, file, buffer_slice(&text), aval_last_message(machine), code);
    return say_done(arguments, _("installed; `aval product list` shows it"));
}

/* Walking the installed products with their states */

struct listing {
    aval_machine *machine;
    struct report report; /* where JSON is wanted */
    struct table *table;  /* otherwise; made with its first row */
    const struct table_column *columns;
    size_t column_count;
    bool keys;        /* of keys, and not of products */
    const char *only; /* this product alone; NULL: all */
    size_t count;
    int failure; /* of the first that could not be looked at */
    char message[AVAL_MESSAGE_SIZE];
};

static void begin_row(struct listing *listing)
{
    if (listing->count++ == 0)
        listing->table = table_new(listing->columns, listing->column_count);
}

static void list_key(struct listing *listing, const char *product, const struct aval_status *status)
{
    if (status->key_suffix[0] == 0)
        return;
    if (listing->report.json) {
        report_object_begin(&listing->report, NULL);
        report_text(&listing->report, "product", NULL, product);
        report_text(&listing->report, "edition", NULL, status->edition);
        report_text(&listing->report, "suffix", NULL, status->key_suffix);
        report_object_end(&listing->report);
        return;
    }
    begin_row(listing);
    table_cell(listing->table, product);
    table_cell(listing->table, status->edition);
    table_cellf(listing->table, "*****-*****-*****-*****-%s", status->key_suffix);
}

static void list_product(struct listing *listing, const char *product, const struct aval_status *status)
{
    if (listing->report.json) {
        report_object_begin(&listing->report, NULL);
        report_text(&listing->report, "product", NULL, product);
        report_text(&listing->report, "title", NULL, status->title);
        report_text(&listing->report, "edition", NULL, status->edition);
        report_text(&listing->report, "state", NULL, aval_state_name(status->state));
        report_object_end(&listing->report);
        return;
    }
    begin_row(listing);
    table_cell(listing->table, product);
    table_cell(listing->table, status->title);
    table_cell(listing->table, status->edition[0] != 0 ? status->edition : _("no product key"));
    table_cell(listing->table, aval_state_name(status->state));
}

static int list_one(void *context, const char *product)
{
    struct listing *listing = context;
    struct aval_status status = {.size = sizeof status};
    if (listing->only != NULL && strcmp(listing->only, product) != 0)
        return 0;
    const int code = aval_status(listing->machine, product, &status);
    if (code != AVAL_OK && listing->failure == AVAL_OK) {
        listing->failure = code;
        snprintf(listing->message, sizeof listing->message, "%s", aval_last_message(listing->machine));
    }
    if (code != AVAL_OK)
        return 0;
    if (listing->keys)
        list_key(listing, product, &status);
    else
        list_product(listing, product, &status);
    return 0;
}

/* Prints what was collected; a product that cannot be looked at is a failure, said after the others. */
static int say_list(const struct arguments *arguments, struct listing *listing, int code, const char *when_empty)
{
    if (code == AVAL_OK && listing->report.json)
        return report_answer(&listing->report, PROGRAM, EXIT_FINE);
    table_print(listing->table);
    if (code != AVAL_OK)
        return say_problem(arguments, listing->message, code);
    if (listing->count == 0)
        say_hint("%s", when_empty);
    return EXIT_FINE;
}

static int list(const struct arguments *arguments, bool keys, const struct table_column *columns, size_t column_count,
                const char *when_empty)
{
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    struct listing listing = {
        .machine = machine,
        .columns = columns,
        .column_count = column_count,
        .keys = keys,
        .only = product_of(arguments),
    };
    report_begin_list(&listing.report, wants_json(arguments));
    int code = aval_products(machine, list_one, &listing);
    if (code != AVAL_OK)
        snprintf(listing.message, sizeof listing.message, "%s", aval_last_message(machine));
    else
        code = listing.failure;
    status = say_list(arguments, &listing, code, when_empty);
    report_free(&listing.report);
    return status;
}

int run_product_list(const struct arguments *arguments, void *context)
{
    (void)context;
    static const struct table_column columns[] = {
        {N_("PRODUCT"), false}, {N_("TITLE"), false}, {N_("EDITION"), false}, {N_("STATE"), false}};
    return list(arguments, false, columns, 4, _("no product is installed"));
}

int run_key_show(const struct arguments *arguments, void *context)
{
    (void)context;
    static const struct table_column columns[] = {{N_("PRODUCT"), false}, {N_("EDITION"), false}, {N_("KEY"), false}};
    return list(arguments, true, columns, 3, _("no product key is installed"));
}

/* A lease of the other mode stays in force, and its seat is this machine's until another is there. */
static int say_other_wish(void *context, const char *product)
{
    aval_machine *machine = context;
    struct aval_status status = {.size = sizeof status};
    if (aval_status(machine, product, &status) != AVAL_OK || status.state != AVAL_LICENSED ||
        status.counted == status.key_counted)
        return 0;
    say_hint(status.key_counted
                 ? _("%s keeps its lease of a volume license until `aval activate` gets one of a counted license")
                 : _("%s keeps its lease of a counted license until `aval activate` gets one of a volume license"),
             product);
    return 0;
}

int run_key_install(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_key_install(machine, arguments->values[0]);
    if (code == AVAL_OK && !wants_json(arguments))
        (void)aval_products(machine, say_other_wish, machine);
    return say_how_it_ended(arguments, machine, code, _("installed; `aval activate` asks for the lease"));
}

int run_key_remove(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    const int code = aval_key_remove(machine, arguments->values[0]);
    return say_how_it_ended(arguments, machine, code, _("removed, and the lease with it"));
}
