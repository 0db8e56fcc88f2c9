package builtin

import "strings"

// The words that fake data is made of. They are part of the product, not of a
// library, so that a seed gives the same text after every upgrade.
var (
	firstNames = strings.Fields("Ada Alan Amara Anna Boris Carla Chen Clara Dana David Elena Emil Farid Grace Hana Hugo " +
		"Ines Ivan Jana Jonas Kai Karin Lea Linus Maria Mateo Mina Nadia Noah Olga Omar Paul Petra Rosa Samir Sofia Tariq Uma Vera Yuki")
	lastNames = strings.Fields("Abbott Baker Becker Bishop Castro Chen Clarke Diaz Dubois Eriksen Fischer Garcia Haddad Hopper " +
		"Ito Jensen Kaya Keller Kovac Lovelace Martin Meyer Moreau Nagy Novak Okafor Olsen Patel Quinn Rossi Sato Schmidt Silva Tanaka Turing Vogel Walsh Weber Young Zhang")
	titles       = strings.Fields("Mr. Mrs. Ms. Mx. Dr. Prof.")
	suffixes     = strings.Fields("Jr. Sr. II III IV PhD MD")
	domains      = []string{"example.com", "example.org", "example.net"}
	topLevels    = strings.Fields("com net org io dev")
	streetNames  = strings.Fields("Main Oak Maple Cedar Elm Hill Lake Park River Station Mill Church High Bridge Garden Market")
	streetKinds  = strings.Fields("Street Avenue Road Lane Drive Way Court Square")
	cities       = strings.Fields("Amsterdam Athens Austin Berlin Bogota Boston Cairo Dakar Denver Dublin Geneva Hanoi Helsinki Kyoto Lagos Lima Lisbon Lyon Madrid Milan Nairobi Osaka Oslo Porto Prague Quito Riga Seoul Sofia Tallinn Toronto Utrecht Vienna Warsaw Zurich")
	states       = []string{"Alabama", "Alaska", "Arizona", "California", "Colorado", "Florida", "Georgia", "Hawaii", "Idaho", "Iowa", "Kansas", "Maine", "Montana", "Nevada", "New York", "Ohio", "Oregon", "Texas", "Utah", "Vermont", "Washington"}
	countries    = []string{"Argentina", "Australia", "Austria", "Brazil", "Canada", "Chile", "Denmark", "Egypt", "Finland", "France", "Germany", "Ghana", "India", "Ireland", "Italy", "Japan", "Kenya", "Mexico", "Norway", "Peru", "Poland", "Portugal", "Spain", "Sweden", "United Kingdom", "United States", "Vietnam"}
	timeZones    = []string{"Africa/Cairo", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin", "Europe/London", "UTC"}
	companyWords = strings.Fields("Acme Apex Atlas Beacon Cedar Delta Ember Falcon Granite Harbor Iris Juniper Keystone Lumen Meridian Nimbus Orbit Pioneer Quartz Summit Vertex Willow")
	companyKinds = strings.Fields("Inc Ltd LLC Group GmbH Corp")
	buzzwords    = strings.Fields("adaptive balanced decentralized distributed extensible hermetic integrated modular open proactive reactive scalable seamless secure synchronized")
	industries   = []string{"Agriculture", "Aviation", "Banking", "Biotechnology", "Construction", "Education", "Energy", "Food", "Health Care", "Insurance", "Logistics", "Media", "Retail", "Software", "Telecommunications", "Tourism"}
	professions  = []string{"accountant", "architect", "baker", "biologist", "carpenter", "chemist", "dentist", "editor", "electrician", "engineer", "farmer", "journalist", "lawyer", "librarian", "musician", "nurse", "pilot", "plumber", "teacher", "translator"}
	lorem        = strings.Fields("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure in reprehenderit voluptate velit esse cillum fugiat nulla pariatur")
	agents       = []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"curl/8.8.0",
	}
	extensions    = strings.Fields("csv gif html jpg json md mp4 pdf png toml txt xml yaml zip")
	mimeTypes     = []string{"application/json", "application/pdf", "application/xml", "application/zip", "image/gif", "image/jpeg", "image/png", "text/csv", "text/html", "text/plain", "video/mp4"}
	colors        = strings.Fields("black blue brown cyan gold gray green indigo ivory lime magenta maroon navy olive orange pink plum purple red silver teal violet white yellow")
	currencyCodes = strings.Fields("AUD BRL CAD CHF CNY CZK DKK EUR GBP INR JPY KRW MXN NOK PLN SEK USD ZAR")
	currencyNames = []string{"Australian Dollar", "Brazilian Real", "Canadian Dollar", "Czech Koruna", "Danish Krone", "Euro", "Indian Rupee", "Mexican Peso", "Norwegian Krone", "Polish Zloty", "Pound Sterling", "Rand", "Swedish Krona", "Swiss Franc", "US Dollar", "Yen", "Yuan"}
	currencySigns = []string{"$", "€", "£", "¥", "₹", "kr", "zł", "R$", "₩"}
)
