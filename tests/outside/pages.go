package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8 // of C2SP tlog-tiles: 256 hashes a tile
	tileWidth  = 1 << tileHeight
	pageMax    = 32 << 20 // bytes; a bundle holds 256 entries of at most 65,535
)

// pages reads the ledger that is served below an address, over HTTP. It is a tlog.TileReader: what it returns is only
// fetched, and verified by the tlog.TileHashReader in front of it.
type pages struct {
	base   string // such as http://127.0.0.1:8216/ledger/acme.example
	client http.Client
}

func newPages(base string) *pages {
	// A transport of its own, so that no proxy of the environment stands between.
	return &pages{base: base, client: http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}}
}

func (p *pages) get(path string) ([]byte, error) {
	answer, err := p.client.Get(p.base + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, pageMax))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: HTTP status %d", path, answer.StatusCode)
	}
	return body, nil
}

// pagePath is a tile's address in C2SP tlog-tiles. tlog writes that of the checksum database, which came before: there
// the height stands behind "tile/", and the level of the entries is called data.
func pagePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// Height is for tlog.TileReader.
func (p *pages) Height() int { return tileHeight }

// ReadTiles is for tlog.TileReader.
func (p *pages) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		page, err := p.get(pagePath(tile))
		if err != nil {
			return nil, err
		}
		data[i] = page
	}
	return data, nil
}

// SaveTiles is for tlog.TileReader. Nothing is kept: each question is asked of the host anew.
func (p *pages) SaveTiles([]tlog.Tile, [][]byte) {}

// entries returns the first so many entries of the ledger.
func (p *pages) entries(size int64) ([][]byte, error) {
	var all [][]byte
	for at := int64(0); at < size; at += tileWidth {
		bundle := tlog.Tile{H: tileHeight, L: -1, N: at / tileWidth, W: tileWidth}
		if size-at < tileWidth {
			bundle.W = int(size - at)
		}
		page, err := p.get(pagePath(bundle))
		if err != nil {
			return nil, err
		}
		entries, err := splitEntries(page)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pagePath(bundle), err)
		}
		if len(entries) != bundle.W {
			return nil, fmt.Errorf("%s: %d entries instead of %d", pagePath(bundle), len(entries), bundle.W)
		}
		all = append(all, entries...)
	}
	return all, nil
}
