package store

import (
	"errors"
	"fmt"
	"sync"
)

// ErrUnknownItem and ErrOutOfStock say why an order cannot be taken.
var (
	ErrUnknownItem = errors.New("no such item")
	ErrOutOfStock  = errors.New("out of stock")
)

// item is one article of the catalogue.
type item struct {
	price float64 // EUR
	left  int
	tags  []string
}

// stock is the catalogue with what is left of each article.
type stock struct {
	mu    sync.Mutex
	items map[string]*item
}

func newStock() *stock {
	return &stock{items: map[string]*item{
		"tea":    {price: 3.50, left: 40, tags: []string{"drink", "leaf"}},
		"coffee": {price: 9.25, left: 12, tags: []string{"drink", "bean"}},
		"kettle": {price: 39.00, left: 2, tags: []string{"kitchen"}},
	}}
}

// article returns the price and tags of an item.
func (s *stock) article(name string) (price float64, tags []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[name]
	if !ok {
		return 0, nil, fmt.Errorf("%w: %s", ErrUnknownItem, name)
	}
	return it.price, it.tags, nil
}

// reserve takes quantity pieces out of the stock and returns what is left.
func (s *stock) reserve(name string, quantity int) (left int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[name]
	if !ok {
		return 0, fmt.Errorf("%w: %s", ErrUnknownItem, name)
	}
	if quantity > it.left {
		return it.left, fmt.Errorf("%w: %d of %s left", ErrOutOfStock, it.left, name)
	}
	it.left -= quantity
	return it.left, nil
}
