package sandbox

// The person on every card that this fake photographs: made up, with a valid
// check digit.
const (
	megviiCardName    = "张三"
	megviiCardID      = "110101199003070003"
	megviiCardIssuer  = "北京市公安局海淀分局"
	megviiCardAddress = "北京市海淀区XXXX"
	megviiCardValid   = "2020.11.13-2040.11.13"
)

// cardPhotos is how many sides of the card the person photographs. With
// idcard_mode 4 the person chose the photo.
func (p megviiParams) cardPhotos() int {
	switch p.cardMode {
	case "1", "4":
		return 1
	case "2":
		return 2
	default:
		return 0
	}
}

// idCard is idcard_info.
func (p megviiParams) idCard() megviiObject {
	card := megviiObject{{"idcard_mode", p.cardMode}, {"idcard_uneditable_field", p.cardLocked}}
	if p.cardMode == "4" {
		card = card.with("idcard_mode_user", "0")
	}
	card = card.with("idcard_number", megviiCardID).with("idcard_name", megviiCardName)
	photos := p.cardPhotos()
	if photos > 1 {
		card = card.with("idcard_valid_date", megviiCardValid).with("idcard_issued_by", megviiCardIssuer)
	}
	if photos > 0 {
		card = card.with("front_side", megviiCardFront())
	}
	if photos > 1 {
		card = card.with("back_side", megviiCardBack())
	}
	if photos > 0 {
		card = card.with("ocr_front_quality", megviiCardFrontQuality())
	}
	if photos > 1 {
		card = card.with("ocr_back_quality", megviiCardBackQuality())
	}
	return card
}

func megviiCardFront() megviiObject {
	return megviiObject{
		{"ocr_result", megviiObject{
			{"address", megviiCardAddress},
			{"birthday", megviiObject{{"day", "7"}, {"month", "3"}, {"year", "1990"}}},
			{"gender", "女"},
			{"id_card_number", megviiCardID},
			{"name", megviiCardName},
			{"race", "汉"},
			{"legality", megviiCardLegality()},
		}},
		{"upload_times", 1},
	}
}

func megviiCardBack() megviiObject {
	return megviiObject{
		{"ocr_result", megviiObject{
			{"issued_by", megviiCardIssuer},
			{"valid_date", megviiCardValid},
			{"legality", megviiCardLegality()},
		}},
		{"upload_times", 2},
	}
}

// megviiCardLegality has the trailing space that the vendor's example has.
func megviiCardLegality() megviiObject {
	return megviiObject{
		{"ID Photo", 0.855}, {"Temporary ID Photo ", 0}, {"Photocopy", 0.049}, {"Screen", 0.096}, {"Edited", 0},
	}
}

func megviiCardFrontQuality() megviiObject {
	return megviiObject{
		{"gender", megviiReading(0.925, "女")},
		{"address", megviiReading(0.958, megviiCardAddress)},
		{"idcard_number", megviiReading(0.995, megviiCardID)},
		{"name", megviiReading(0.996, megviiCardName)},
		{"birth_month", megviiReading(0.971, "3")},
		{"birth_day", megviiReading(0.975, "7")},
		{"nationality", megviiReading(0.959, "汉")},
		{"birth_year", megviiReading(0.942, "1990")},
	}
}

func megviiCardBackQuality() megviiObject {
	return megviiObject{
		{"issued_by", megviiReading(0.994, megviiCardIssuer)},
		{"valid_date_end", megviiReading(0.995, "20401113")},
		{"valid_date_start", megviiReading(0.995, "20201113")},
	}
}

func megviiReading(quality float64, result string) megviiObject {
	return megviiObject{{"quality", quality}, {"logic", 0}, {"result", result}}
}
