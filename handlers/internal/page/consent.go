package page

import "strings"

// Consent asks a person before a face check, as the law of many places demands:
// what for, who, what, how long, and how to say no. The app writes all of it. Rows
// whose text is empty are left out; whether a text may be empty is for the caller
// to decide.
type Consent struct {
	// Title is the heading. Empty: a general one.
	Title Text
	// Purpose says what the check is for, and why it is needed.
	Purpose Text
	// Operator says who asks for it, and how to reach them.
	Operator Text
	// Processed says which data are used.
	Processed Text
	// Vendor names the company that does the check.
	Vendor Text
	// Retention says how long which data are kept.
	Retention Text
	// CrossBorder says whether data leave the country.
	CrossBorder Text
	// Withdraw says how to take the consent back.
	Withdraw Text

	// Agree is the form behind the button to go on. Its action is required.
	Agree Form

	// Vendors are the origins to which the answer to Agree may redirect, such as
	// "https://api.megvii.com", or "https:" for any. Chromium applies a page's
	// form-action to the redirects after its form as well, and without the origin of
	// the vendor's page the button does nothing there. Empty: this site alone.
	Vendors []string

	// Other is the form of the person who wants another way. With OtherTo empty and
	// no action here, there is no second choice.
	Other Form

	// OtherTo is a link in place of Other. Relative, http or https.
	OtherTo string
}

func (c Consent) check() error {
	if err := local("Consent.Agree", c.Agree.Action); err != nil {
		return err
	}
	if c.Other.Action != "" {
		if err := local("Consent.Other", c.Other.Action); err != nil {
			return err
		}
	}
	for _, vendor := range c.Vendors {
		if err := origin("Consent.Vendors", vendor); err != nil {
			return err
		}
	}
	return link("Consent.OtherTo", c.OtherTo)
}

func (c Consent) view(language string) view {
	v := newView("consent.html", language, nil)
	v.Title = c.Title.in(language)
	if v.Title == "" {
		v.Title = v.Text.ConsentTitle
	}
	v.policy.forms = strings.Join(append([]string{"'self'"}, c.Vendors...), " ")
	v.Page = consentView{Consent: c, Rows: c.rows(language, v.Text)}
	return v
}

func (c Consent) rows(language string, t texts) []row {
	var rows []row
	for _, r := range []struct {
		label string
		text  Text
	}{
		{t.Purpose, c.Purpose}, {t.Operator, c.Operator}, {t.Processed, c.Processed}, {t.Vendor, c.Vendor},
		{t.Retention, c.Retention}, {t.CrossBorder, c.CrossBorder}, {t.Withdraw, c.Withdraw},
	} {
		if text := r.text.in(language); text != "" {
			rows = append(rows, row{r.label, text})
		}
	}
	return rows
}

// consentView is a Consent with its texts chosen.
type consentView struct {
	Consent
	Rows []row
}

type row struct{ Label, Text string }

// Text is a text of the app's in both languages. Where one is missing, the other
// is shown.
type Text struct{ ZH, EN string }

func (t Text) in(language string) string {
	if language == "zh" && t.ZH != "" || t.EN == "" {
		return t.ZH
	}
	return t.EN
}

// Form is a POST to this site.
type Form struct {
	// Action is a relative URL of this site.
	Action string
	// Fields are hidden inputs. They stand readable in the page, so they hold
	// nothing personal.
	Fields []Field
}

// Field is one hidden input.
type Field struct{ Name, Value string }
