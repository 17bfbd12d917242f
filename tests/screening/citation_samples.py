"""One small export in every format; all of it is made up."""

from __future__ import annotations

import io
import textwrap

from openpyxl import Workbook


def _text(value: str) -> bytes:
    return textwrap.dedent(value).lstrip("\n").encode()


RIS = _text(
    """
    TY  - JOUR
    TI  - Nurses' hand washing: a trial
    AU  - Okafor, Ada
    AU  - Lindqvist, Bo
    PY  - 2019
    T2  - Journal of Made-up Care
    VL  - 12
    IS  - 3
    SP  - 101
    EP  - 109
    DO  - 10.5555/care.2019.12
    AB  - Hands were washed.
    KW  - hygiene
    KW  - nursing
    M1  - kept
    M1  - kept too
    ER  - 

    TY  - CONF
    T1  - Soap and its discontents
    A1  - Marsh, C
    Y1  - 2020/05//
    N2  - Soap was discussed.
    ER  - 
    """
)
NBIB = _text(
    """
    PMID- 11111111
    OWN - NLM
    DP  - 2020 Feb
    TI  - A long title that goes on
          in a second line.
    LID - 10.5555/nbib.1 [doi]
    LID - S0000-1 [pii]
    AB  - An abstract.
    FAU - Moreau, Claire
    AU  - Moreau C
    LA  - eng
    PT  - Journal Article
    JT  - Journal of Invention
    VI  - 4
    IP  - 2
    PG  - 5-9
    MH  - Humans
    SI  - ClinicalTrials.gov/NCT00000001

    PMID- 22222222
    OWN - NLM
    DP  - 1999 Sep-Oct
    TI  - Second record.
    FAU - Dahl, Ewa
    JT  - Journal of Invention
    """
)
WOS = _text(
    """
    FN Clarivate Analytics Web of Science
    VR 1.0
    PT J
    AU Ek, A
       Alm, B
    AF Ek, Anna
       Alm, Bo
    TI Trees and
       the people under them
    SO JOURNAL OF SHADE
    DE oak; beech
    AB Trees give shade.
    PY 2018
    VL 7
    BP 1
    EP 9
    DI 10.5555/shade.7
    UT WOS:000000000000001
    ER

    PT J
    AU Ek, A
    TI A second tree
    PY 2019
    UT WOS:000000000000002
    ER

    EF
    """
)
OVID = _text(
    """
    <1. >
    VN  - Ovid Technologies
    DB  - Ovid MEDLINE(R)
    UI  - 31313131
    TI  - Sleep and work. [Review]
    SO  - Journal of Rest. 14(2):33-40, 2017 May.
    AU  - Berg KL
    AU  - Holm P
    AB  - Sleep was measured.
          Work was not.
    DO  - https://dx.doi.org/10.5555/rest.14
    YR  - 2017
    <2. >
    VN  - Ovid Technologies
    TI  - Work and sleep
    AU  - Holm P
    YR  - 2016
    """
)
OVID_WORDS = _text(
    """
    <1>
    Accession Number
      00000000-201501000-00001.
    Author
      Krause, Jan MD *;  Lenz, Eva PhD +
    Title
      Bones in motion.[Article]
    Source
      Journal of Bones. 8(6):1048-1064, September 2015.
    Abstract
      Bones moved.
    DOI Number
      10.5555/bones.8
    """
)
REFER = _text(
    """
    %0 Journal Article
    %T Rivers and roads
    %A Costa, Rui
    %A Pinto, Eva
    %D 2011
    %J Journal of Crossings
    %V 3
    %P 7-19
    %R 10.5555/cross.3
    %X Rivers cross roads.

    %0 Book
    %T Bridges
    %A Costa, Rui
    %D 2012
    """
)
REFWORKS = _text(
    """
    RT Journal Article
    SR Electronic(1)
    ID 5
    A1 Fuhr,Rita
    A1 Stan,Olga
    T1 Hearts and minds
    JF Journal of Both
    YR 2002
    VO 1
    IS 3
    SP 101
    OP 123
    AB Hearts were examined.

    RT Book, Section
    A1 Fuhr,Rita
    T1 Minds
    YR 2003
    """
)
COCHRANE = _text(
    """
    Record #1 of 2
    ID: CN-00000001
    AU: Vela C
    AU: Mora D
    TI: Exercise for invented pain
    SO: Journal of Trials
    YR: 2015
    VL: 9
    NO: 1
    PG: 3-8
    PM: PUBMED 25252525
    DOI: 10.5555/trials.9
    AB: Exercise was tried.

    Record #2 of 2
    ID: CN-00000002
    AU: Mora D
    TI: Rest for invented pain
    YR: 2016
    """
)
BIBTEX = _text(
    r"""
    @string{jmc = "Journal of Made-up Care"}

    @article{mueller2001,
      title = {{Leuk}{\"a}mie und {\ss}o weiter},
      author = {M{\"u}ller, J{\'o}zsef and van der Berg, Jan and {WHO Study Group}},
      journal = jmc,
      year = 2001,
      pages = {1--9},
      doi = {10.5555/care\_01},
      keywords = {blood, niche, marrow},
      abstract = {50\% of cells},
      affiliation = {A}, affiliation = {B}
    }

    @book{second,
      title = "A book",
      author = "Jan de Vries",
      year = "1999"
    }
    """
)
PUBMED_XML = _text(
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.example/pubmed.dtd">
    <PubmedArticleSet>
    <PubmedArticle><MedlineCitation><PMID Version="1">33333333</PMID><Article>
    <Journal><JournalIssue><Volume>5</Volume><Issue>1</Issue><PubDate><MedlineDate>2015 Nov-Dec</MedlineDate></PubDate></JournalIssue>
    <Title>Journal of Markup</Title></Journal>
    <ArticleTitle>Iron (Fe<sup>2+</sup>) in <i>vitro</i>&nbsp;only</ArticleTitle>
    <Pagination><MedlinePgn>11-20</MedlinePgn></Pagination>
    <ELocationID EIdType="doi">10.5555/MARKUP.5</ELocationID>
    <Abstract><AbstractText Label="BACKGROUND">First.</AbstractText><AbstractText Label="RESULTS">Second.</AbstractText></Abstract>
    <AuthorList><Author><LastName>Ito</LastName><ForeName>Ken</ForeName></Author>
    <Author><CollectiveName>The Iron Group</CollectiveName></Author></AuthorList>
    <Language>eng</Language></Article></MedlineCitation>
    <PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.5555/not.this</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData>
    </PubmedArticle>
    <PubmedBookArticle><BookDocument><PMID>44444444</PMID><Book><BookTitle>A whole book</BookTitle>
    <PubDate><Year>2009</Year></PubDate></Book></BookDocument></PubmedBookArticle>
    </PubmedArticleSet>
    """
)
ENDNOTE_XML = _text(
    """
    <?xml version="1.0" encoding="UTF-8"?><xml><records><record><source-app name="EndNote">EndNote</source-app>
    <ref-type name="Journal Article">17</ref-type><contributors><authors><author><style face="normal">Blau, Nora</style></author>
    </authors></contributors><titles><title><style face="normal">Light </style><style face="italic">in situ</style></title>
    <secondary-title>Journal of Light</secondary-title></titles><dates><year>2014</year></dates><pages>1-4</pages>
    <abstract>Light shone.&#13;Then it did not.&#x1F;</abstract><electronic-resource-num>10.5555/light.1</electronic-resource-num>
    <accession-num>25000000</accession-num><remote-database-provider>NLM</remote-database-provider></record>
    <record><titles><title>Dark</title></titles><accession-num>25000001</accession-num></record></records></xml>
    """
)
CSV = _text(
    """
    PMID,Title,Authors,Journal/Book,Publication Year,DOI,Abstract,Colour
    55555555,"Salt, water and sand","Lim SM, Shiau CWC.",Journal of Shores,2022,10.5555/shore.1,"Two
    lines",blue
    55555556,Sand alone,"Xu L",Journal of Shores,2021,,,
    """
)
TSV = b"Title\tAuthors\tYear\tAbstract\nGlass\tRoth, P.; Weiss, Q.\t2003\tClear.\nStone\tWeiss, Q.\t2004\tOpaque.\n"


def workbook(rows: list[list[object]]) -> bytes:
    """Return a workbook with one sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


XLSX = workbook(
    [
        ["Title", "Authors", "Year", "PMID", "Abstract"],
        ["Paper made of cells", "Noor, A.; Zand, B.", 2005.0, 66666666.0, "Cells."],
        [None, None, None, None, None],
        ["Ink", "Zand, B.", 2006, None, None],
    ]
)
SAMPLES = {
    "ris": RIS, "nbib": NBIB, "wos": WOS, "ovid": OVID, "refer": REFER, "refworks": REFWORKS, "cochrane": COCHRANE,
    "bibtex": BIBTEX, "pubmed_xml": PUBMED_XML, "endnote_xml": ENDNOTE_XML, "csv": CSV, "tsv": TSV, "xlsx": XLSX,
}  # fmt: skip
