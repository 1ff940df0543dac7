/*
 * Aligned tables; see say.h.
 *
 * Always: cells are kept row by row; the cell with number n is in column n modulo the count of columns.
 */
#include "terminal/say.h"

#include "base/sentences.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL_SIZE = 4096, GAP = 2 };

struct table {
    struct table_column *columns;
    size_t column_count;
    char **cells;
    size_t count;
    size_t capacity;
    bool failed; /* a cell got no memory */
};

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table->columns);
    free(table);
}

struct table *table_new(const struct table_column *columns, size_t count)
{
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL || count == 0) {
        free(table);
        return NULL;
    }
    table->columns = calloc(count, sizeof *columns);
    if (table->columns == NULL) {
        free(table);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        table->columns[i] = (struct table_column){_(columns[i].title), columns[i].right};
    table->column_count = count;
    return table;
}

void table_cell(struct table *table, const char *text)
{
    if (table == NULL || table->failed)
        return;
    table->failed = true;
    if (table->count == table->capacity) {
        const size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        char **cells = reallocarray(table->cells, capacity, sizeof *cells);
        if (cells == NULL)
            return;
        table->cells = cells;
        table->capacity = capacity;
    }
    char *copy = strdup(text);
    if (copy == NULL)
        return;
    table->cells[table->count++] = copy;
    table->failed = false;
}

void table_cellf(struct table *table, const char *format, ...)
{
    char text[CELL_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_cell(table, text);
}

static void print_cell(const char *text, size_t width, bool right, bool last)
{
    const size_t space = width - text_width(text);
    if (right)
        text_spaces(stdout, space);
    text_print(stdout, text);
    if (last)
        return;
    text_spaces(stdout, (right ? 0 : space) + GAP);
}

static void print_rows(const struct table *table, const size_t *widths)
{
    const size_t columns = table->column_count;
    fputs(tone_begin(TONE_STRONG, STDOUT_FILENO), stdout);
    for (size_t i = 0; i < columns; i++)
        print_cell(table->columns[i].title, widths[i], table->columns[i].right, i + 1 == columns);
    fputs(tone_end(TONE_STRONG, STDOUT_FILENO), stdout);
    fputc('\n', stdout);
    for (size_t i = 0; i < table->count; i++) {
        const size_t column = i % columns;
        const bool last = column + 1 == columns || i + 1 == table->count;
        print_cell(table->cells[i], widths[column], table->columns[column].right, last);
        if (last)
            fputc('\n', stdout);
    }
}

void table_print(struct table *table)
{
    if (table == NULL)
        return;
    size_t *widths = calloc(table->column_count, sizeof *widths);
    if (widths == NULL || table->failed) {
        /* Half a list could be taken for the whole. */
        fprintf(stderr, "%s\n", _(error_info(ERR_NO_MEMORY)->sentence));
        free(widths);
        table_free(table);
        return;
    }
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = text_width(table->columns[i].title);
    for (size_t i = 0; i < table->count; i++) {
        const size_t width = text_width(table->cells[i]);
        if (width > widths[i % table->column_count])
            widths[i % table->column_count] = width;
    }
    print_rows(table, widths);
    free(widths);
    table_free(table);
}
